// The page of a provider.

import { $, act, btn, clockTime, command, copy, count, el, kindOf, primary, responseOf, say, short, span, until } from "./dom.js";
import { follow, get, post } from "./api.js";
import { List } from "./list.js";
import { Detail } from "./detail.js";
import { listen } from "./keys.js";
import { editDialog, emitDialog, playDialog, resent } from "./dialogs.js";
import { clockPanel, noticesPanel, subscribe, subscriptionsPanel } from "./panels.js";

const failed = a => a.outcome !== "accepted";

const app = {
	subscriptions: [], faults: [], clock: {}, health: {}, notices: 0, unseen: 0,
	deliveries: new Map(), // by id: the newest attempt of the list, the state, and when the next attempt is due
	left: due => Date.parse(due) - (app.clock.manual ? Date.parse(app.clock.now) : Date.now() + app.offset),
	receives: type => app.subscriptions.filter(s => s.eventTypes.includes(type)),
	firstType: () => app.receives("booking.created").length ? "booking.created" : app.subscriptions[0]?.eventTypes[0] ?? "booking.created",
	via: () => location.port === "4700" ? "" : `--via ${location.host}`,
	nextDue: () => [...app.deliveries.values()].map(d => d.state === "pending" && d.due).filter(Boolean).sort()[0],
	asked: async () => [],
	// open selects an attempt, as soon as the list has it, and shows it.
	open(id) {
		document.body.className = "open";
		const row = app.list.rows.get(id);
		app.wanted = row?.tr ? null : id;
		if (row?.tr) app.list.select(row, true);
		else app.detail.show(id);
	},
	async advance(by) {
		app.clock = await post("/clock/advance", { by });
		app.header();
	},
	advanceTo: due => app.advance(app.left(due) + "ms"),
	async pause(s) {
		await post(`/subscriptions/${s.id}/${s.deliveryPaused ? "resume" : "pause"}`);
		await app.loadSubscriptions();
	},
	async loadSubscriptions() {
		app.subscriptions = (await get("/subscriptions")).items;
		app.faults = (await Promise.all(app.subscriptions.map(s => get(`/subscriptions/${s.id}/faults`)))).flatMap(f => f.items);
		app.header();
		filters();
		empty();
	},
	async loadClock() {
		app.clock = await get("/clock");
		app.offset = Date.parse(app.clock.now) - Date.now();
	},
	header,
};

// cells are those of an attempt. The state is that after the attempt, unless there is a later one.
function cells(a) {
	const [name, id] = Object.entries(a.identifiers ?? {})[0] ?? [], d = app.deliveries.get(a.deliveryId) ?? {};
	const state = d.newest !== a.id ? el("span.dim", "retried") : d.state === "pending" && d.due ? [`attempt ${a.number + 1} `, el("span", { "data-due": d.due }, until(app.left(d.due)))] : d.state;
	return [[clockTime(a.startedAt, false), el("span.ms", a.startedAt.slice(19, 23))], el(d.several ? "span.joined" : "span", a.eventType), id && btn(`${kindOf(name)} ${short(id)}`, () => app.list.setFilter({ text: id }), null, "", { title: "Filter" }),
		a.number, el(failed(a) ? "b.bad" : "span.good", responseOf(a)), span(a.tookMs), state];
}

// note keeps the state of deliveries, and shows the rows anew that change by a later attempt.
function note(a) {
	const before = app.deliveries.get(a.deliveryId);
	if (before?.newest >= a.id) return;
	app.deliveries.set(a.deliveryId, { ...before, newest: a.id, several: !!before || a.number > 1, ...(a.nextState && { state: a.nextState, due: a.due }) });
	if (before) app.list.refresh(before.newest);
}

const isPending = row => {
	const d = app.deliveries.get(row.data.deliveryId);
	return d?.newest === row.id && (d.state === "pending" || d.state === "held");
};

const makeList = () => new List({
	noun: "attempt", columns: ["time", "event", "record", "attempt", "response", "duration", "state"], cells, failed,
	kinds: [["all"], ["failed", row => failed(row.data)], ["pending", isPending]],
	words: a => [a.eventType, a.deliveryId, a.eventId, responseOf(a), a.failure, a.fault, ...Object.entries(a.identifiers ?? {}).flat()].join(" "),
	chosen(row, opened) {
		clearTimeout(app.timer);
		if (opened) document.body.className = "open";
		if (opened || innerWidth >= 700) app.timer = setTimeout(() => app.detail.show(row.id), opened ? 0 : 80);
		for (const { tr, data } of app.list.rows.values()) tr?.classList.toggle("same", data.deliveryId === row.data.deliveryId);
		remember();
	},
	changed() {
		const wanted = app.wanted && app.list?.rows.get(app.wanted);
		if (wanted?.tr) {
			app.wanted = null;
			app.list.select(wanted, false);
		}
		if (app.list) remember();
	},
});

// filters are the choices of type and subscription.
function filters() {
	const { list } = app;
	const select = (key, all, items) => {
		const options = () => [el("option", { value: "" }, all), ...items().map(([value, text]) => el("option", { value, selected: value === list.filter[key] }, text))];
		return el("select", { ariaLabel: all, onfocus() { this.replaceChildren(...options()); }, onchange() { list.setFilter({ [key]: this.value }); header(); } }, options());
	};
	list.more.replaceChildren(select("eventType", "every type", () => [...new Set([...list.rows.values()].map(row => row.data.eventType))].sort().map(t => [t, t])),
		app.subscriptions.length > 1 ? select("subscriptionId", "every subscription", () => app.subscriptions.map(s => [s.id, s.label])) : "");
}

// header shows the subscription and how its receiver responded last.
function header() {
	const { subscriptions, actions, clock, list } = app;
	$("address").textContent = location.host;
	$("menu").replaceChildren(btn("Emit event", actions.emit, "n", "", primary), btn("Play scenario", actions.play, "p"), btn("Subscriptions", () => subscriptionsPanel(app)),
		btn(clock.manual ? `Clock ${clockTime(clock.now, false)}` : "Clock", () => clockPanel(app)), btn(app.notices ? `Notices (${app.notices})` : "Notices", () => noticesPanel(app)), btn("Keys", actions.help, "?"));
	const s = subscriptions.find(s => s.id === list.filter.subscriptionId) ?? (subscriptions.length === 1 && subscriptions[0]);
	if (!s) return $("target").replaceChildren(count(subscriptions.length, "subscription"));
	const last = [...list.rows.values()].findLast(row => row.data.subscriptionId === s.id)?.data, hidden = s.secret.includes("…");
	const show = async () => hidden ? (await get(`/subscriptions/${s.id}?show=secret`)).secret : s.secret;
	$("target").replaceChildren(el("span.wire", `→ ${s.url}`), el("span", { id: "types" }, count(s.eventTypes.length, "event type")), el("span", "secret ", el("code", s.secret)), hidden && btn("Show", async () => { s.secret = await show(); header(); }) || "",
		btn("Copy", async () => copy(await show(), "the secret"), null, "", { ariaLabel: "Copy the secret" }),
		s.deliveryPaused ? el("b.bad", "paused") : !last ? el("span.dim", "no response yet") : last.failure ? el("b.bad.dot", `No response: ${last.detail}. ${count(app.health.unfinished, "delivery", "deliveries")} pending.`) :
			el(failed(last) ? "b.bad.dot" : "span.good.dot", `${failed(last) ? "refusing" : "responding"} (${last.status} in ${span(last.tookMs)})`),
		btn(s.deliveryPaused ? "Resume" : "Pause", () => app.pause(s)), btn(`Faults: ${app.faults.filter(f => f.subscriptionId === s.id).map(f => f.fault).join(", ") || "none"}`, () => subscriptionsPanel(app)));
}

// empty fills the place of the list in the first minute.
function empty() {
	const s = app.subscriptions[0], title = el("h2", "No requests sent yet.");
	if (!s) return $("empty").replaceChildren(title, el("p", "There is no receiver. Where does yours listen?"), subscribe(app), el("p", "This starts one at port 4701:"), command("semblance listen"));
	const type = app.firstType(), code = el("pre", { tabIndex: 0, ariaLabel: "Verifier", role: "region" });
	const choose = async end => { code.textContent = await (await fetch(`verifiers/verify.${end}.txt`)).text(); };
	$("empty").replaceChildren(title, el("p", btn(`Emit ${type}`, () => post("/events", { eventType: type }), null, "", primary)), el("p", "The same from a terminal:"), command(`semblance emit ${type} ${app.via()}`.trim()),
		el("p", "Requests are signed with the secret ", el("code", s.secret), ". A receiver verifies the raw body:"),
		el("p.actions", [["Go", "go"], ["Node", "js"], ["Python", "py"]].map(([name, end]) => btn(name, () => choose(end))), btn("Copy", () => copy(code.textContent, "the verifier"), null, "", { ariaLabel: "Copy the verifier" })), code);
	choose("go");
}

// remember puts the view into the fragment, so that reload, back and links work; recall reads it.
function remember() {
	const { filter, selectedId } = app.list;
	const view = { a: app.wanted ?? selectedId, q: filter.text, o: filter.only === "all" ? "" : filter.only, t: filter.eventType, s: filter.subscriptionId };
	const fragment = new URLSearchParams(Object.entries(view).filter(([, value]) => value));
	if (String(fragment) !== location.hash.slice(1)) history.replaceState(null, "", fragment.size ? "#" + fragment : location.pathname);
}

function recall() {
	const f = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
	app.wanted = Number(f.a) || null;
	app.list.setFilter({ text: f.q ?? "", only: f.o ?? "all", eventType: f.t, subscriptionId: f.s });
	if (app.wanted) app.detail.show(app.wanted);
}

// later runs an action once for many causes.
const causes = {};
const later = (name, run) => { causes[name] ??= setTimeout(() => { delete causes[name]; act(run); }, 300); };

// take takes records of the stream. If it returns a number, the stream continues after it.
function take(records, last) {
	if (records[0].id <= last || records.some(r => r.kind === "reset")) return reload();
	const attempts = [];
	for (const { kind, data } of records) {
		if (kind === "attempt") {
			note(data);
			attempts.push(data);
			if (document.hidden && failed(data)) app.unseen++;
		} else if (kind === "transition") {
			const d = app.deliveries.get(data.deliveryId);
			if (d) {
				Object.assign(d, { state: data.nextState, due: data.due });
				app.list.refresh(d.newest);
			}
		} else if (kind === "subscription" || kind === "fault") later("subscriptions", app.loadSubscriptions);
		else if (kind === "play") app.onStep?.(data);
		else if (kind === "notice") {
			app.notices++;
			say(data.subject, true);
		}
	}
	if (!attempts.length) return;
	app.list.add(attempts);
	later("header", async () => {
		app.health = await get("/health");
		header();
		if (app.detail.tab === 2 && attempts.some(a => a.deliveryId === app.detail.current?.deliveryId)) app.detail.render();
	});
}

async function load() {
	const { items } = await get("/attempts?limit=1000");
	app.deliveries.clear();
	app.list.clear();
	items.reverse().forEach(note);
	app.list.add(items);
	return items.at(-1)?.id ?? 0;
}

// reload loads everything again, because records were removed. The stream then brings what is new.
function reload() {
	act(async () => {
		await load();
		await app.loadSubscriptions();
	});
}

// check finds out after a reconnection whether the journal still has the newest attempt.
async function check(last) {
	app.health = await get("/health");
	const newest = [...app.list.rows.values()].at(-1)?.data;
	if (!newest) return last;
	const same = await get(`/attempts/${newest.id}`).catch(error => { if (error.status !== 404) throw error; });
	if (same?.startedAt === newest.startedAt) return last;
	const now = await load();
	say(now > newest.id ? "Older attempts were removed from the journal." : "This is a new journal.");
	await app.loadSubscriptions();
	return now;
}

function actions() {
	const { list, detail } = app;
	const current = run => () => act(() => { if (detail.reason) throw new Error(detail.reason); return run(detail.current); });
	const resend = newAttempt => current(async a => resent(app, a.id, await post(`/attempts/${a.id}/resend`, { newAttempt })));
	const as = (form, what) => current(async a => copy(await get(`/attempts/${a.id}?as=${form}`), what));
	return {
		next: () => list.move("nextElementSibling"), previous: () => list.move("previousElementSibling"), newest: () => list.edge(true), oldest: () => list.edge(false),
		open() {
			if (!list.selected) return;
			list.select(list.selected, true);
			$("detail").hidden = false;
			$("detail").focus();
		},
		back() { document.body.className = ""; list.focus(); },
		filter: () => list.input.focus(), failed: () => list.setFilter({ only: list.filter.only === "failed" ? "all" : "failed" }), freeze: () => list.freeze(),
		resend: resend(false), resendNew: resend(true), edit: current(a => editDialog(app, a)), copyCurl: as("curl", "the curl command"), copyCommand: as("command", "the command"),
		emit: () => act(() => emitDialog(app, detail.current)), play: () => act(() => playDialog(app)),
		mark: current(a => { detail.marked = a; detail.render(); }), raw() { detail.raw = !detail.raw; detail.open(detail.tab); },
		tab1: () => detail.open(0), tab2: () => detail.open(1), tab3: () => detail.open(2), tab4: () => detail.open(3),
	};
}

// tick shows what changes with the time alone.
function tick() {
	for (const e of document.querySelectorAll("[data-due]")) e.textContent = until(app.left(e.dataset.due));
	const n = [...app.list.rows.values()].filter(row => failed(row.data) && Date.parse(row.data.startedAt) > Date.now() + app.offset - 60000).length;
	$("alarm").textContent = n ? `▲ ${n} failed in the last minute` : "";
	if (!document.hidden) app.unseen = 0;
	document.title = app.unseen ? `(${app.unseen}) Semblance` : "Semblance";
}

export async function start() {
	app.list = makeList();
	app.detail = new Detail(app);
	app.actions = actions();
	listen(app.actions);
	$("nothing").append(btn("Clear filter", () => app.list.setFilter({ text: "", only: "all", eventType: "", subscriptionId: "" })));
	app.health = await get("/health");
	await app.loadClock();
	const last = await load();
	recall();
	await app.loadSubscriptions();
	$("journal").textContent = `journal: ${app.health.journal}`;
	addEventListener("hashchange", recall);
	setInterval(tick, 1000);
	follow({
		last, take, check, kinds: "?kind=attempt,transition,subscription,fault,notice,reset",
		state(live) {
			$("live").textContent = live ? "live" : "reconnecting";
			$("live").className = live ? "badge good" : "badge bad";
			if (!live) say("Reconnecting… No attempt will be missed.");
			else if ($("status").textContent.startsWith("Reconnecting")) say("");
		},
	});
}
