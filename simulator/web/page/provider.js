// The page of a provider.

import { $, act, btn, clockTime, command, copier, copy, count, deliveries, el, exactTime, kindOf, primary, region, responseOf, say, short, span, until } from "./dom.js";
import { follow, get, post, setFragment } from "./api.js";
import { List } from "./list.js";
import { Detail } from "./detail.js";
import { listen } from "./keys.js";
import { asked, clockPanel, editDialog, emitDialog, noticesPanel, playDialog, requestsPanel, resent, subscribe, subscriptionsPanel } from "./dialogs.js";

const failed = a => a.outcome !== "accepted", booking = "booking.created";

const app = {
	subscriptions: [], faults: [], clock: {}, health: {}, notices: 0, unseen: 0, header, asked,
	states: new Map(), // of deliveries, by id
	left: due => Date.parse(due) - (app.clock.manual ? Date.parse(app.clock.now) : Date.now() + app.offset),
	receives: type => app.subscriptions.filter(s => s.eventTypes.includes(type)),
	firstType: () => app.receives(booking)[0] ? booking : app.subscriptions[0]?.eventTypes[0] ?? booking,
	via: () => location.port === "4700" ? "" : `--via ${location.host}`,
	nextDue: () => [...app.states.values()].map(d => d.state === "pending" && d.due).filter(Boolean).sort()[0],
	// The list may not have the attempt yet.
	open(id) {
		const row = app.list.rows.get(id);
		app.wanted = row?.tr ? null : id;
		if (row?.tr) return app.list.select(row, true);
		document.body.className = "open";
		app.detail.show(id);
	},
	async advance(by) {
		app.clock = await post("/clock/advance", { by });
		header();
	},
	async pause(s) {
		await post(`/subscriptions/${s.id}/${s.deliveryPaused ? "resume" : "pause"}`);
		await app.loadSubscriptions();
	},
	async loadSubscriptions() {
		app.subscriptions = (await get("/subscriptions")).items;
		app.faults = (await Promise.all(app.subscriptions.map(s => get(`/subscriptions/${s.id}/faults`)))).flatMap(f => f.items);
		header();
		filters();
		await empty();
	},
	async loadClock() {
		app.clock = await get("/clock");
		app.offset = Date.parse(app.clock.now) - Date.now();
	},
};

function cells(a) {
	const [name, id] = Object.entries(a.identifiers ?? {})[0] ?? [], d = app.states.get(a.deliveryId) ?? {};
	return [exactTime(a.startedAt), el(d.several ? "span.joined" : "span", a.eventType), id && btn(`${kindOf(name)} ${short(id)}`, () => app.list.setFilter({ text: id })), String(a.number),
		el(failed(a) ? "b.bad" : "span.good", responseOf(a)), span(a.tookMs), d.newest !== a.id ? el("span.dim", "retried") : d.state === "pending" && d.due ? [`attempt ${a.number + 1} `, el("span", { "data-due": d.due }, until(app.left(d.due)))] : d.state];
}

function note(a) {
	const before = app.states.get(a.deliveryId);
	if (before?.newest >= a.id) return;
	app.states.set(a.deliveryId, { ...before, newest: a.id, several: !!before || a.number > 1, ...(a.nextState && { state: a.nextState, due: a.due }) });
	if (before) app.list.fill(app.list.rows.get(before.newest));
}

const makeList = () => new List({
	noun: "attempt", columns: ["time", "event", "record", "attempt", "response", "duration", "state"], cells, bad: "failed",
	kinds: { all: () => true, failed: row => failed(row.data), pending: ({ id, data }) => app.states.get(data.deliveryId)?.newest === id && /pending|held/.test(app.states.get(data.deliveryId).state) },
	words: a => [a.eventType, a.deliveryId, a.eventId, responseOf(a), a.failure, a.fault, ...Object.entries(a.identifiers ?? {}).flat()],
	chosen({ id, data }) {
		app.detail.show(id);
		for (const row of app.list.rows.values()) row.tr?.classList.toggle("same", row.data.deliveryId === data.deliveryId);
		remember();
	},
	changed() {
		const wanted = app.list?.rows.get(app.wanted);
		if (wanted?.tr) {
			app.wanted = null;
			app.list.select(wanted);
		}
		if (app.list) remember();
	},
});

function filters() {
	const { list } = app;
	const choice = (key, all, items) => el("select", { ariaLabel: all, onchange() { list.setFilter({ [key]: this.value }); header(); } },
		el("option", { value: "" }, all), items.map(([value, text]) => el("option", { value, selected: value === list.filter[key] }, text ?? value)));
	list.more.replaceChildren(choice("eventType", "every type", [...new Set(app.subscriptions.flatMap(s => s.eventTypes))].map(t => [t])), app.subscriptions[1] ? choice("subscriptionId", "every subscription", app.subscriptions.map(s => [s.id, s.label])) : "");
}

function header() {
	const { subscriptions, actions, clock, list } = app, all = () => subscriptionsPanel(app);
	$("address").textContent = location.host;
	$("journal").textContent = `journal: ${app.health.journal}`;
	$("menu").replaceChildren(btn("Emit event", actions.emit, "n", primary), btn("Play scenario", actions.play, "p"), btn("Subscriptions", all), btn(clock.manual ? `Clock ${clockTime(clock.now)}` : "Clock", () => clockPanel(app)),
		btn(app.notices ? `Notices (${app.notices})` : "Notices", () => noticesPanel(app)), btn("API requests", () => requestsPanel(app)), btn("Keys", actions.help, "?"));
	const s = subscriptions.find(s => s.id === list.filter.subscriptionId) ?? (!subscriptions[1] && subscriptions[0]);
	if (!s) return $("target").replaceChildren(count(subscriptions.length, "subscription"));
	const last = [...list.rows.values()].findLast(row => row.data.subscriptionId === s.id)?.data, secret = async () => (await get(`/subscriptions/${s.id}?show=secret`)).secret;
	$("target").replaceChildren(el("span.wire", `→ ${s.url}`), el("span", { id: "types" }, count(s.eventTypes.length, "event type")), el("span", "secret ", el("code", s.secret)),
		...s.secret.includes("…") ? [btn("Show", async () => { s.secret = await secret(); header(); }), btn("Copy", async () => copy(await secret(), "the secret"))] : [copier(s.secret, "the secret")],
		s.deliveryPaused ? el("b.bad", "paused") : !last ? el("span.dim", "no response yet") : last.failure ? el("b.bad.dot", `No response: ${last.detail}. ${deliveries(app.health.unfinished)} pending.`) :
			el(failed(last) ? "b.bad.dot" : "span.good.dot", `${failed(last) ? "refusing" : "responding"} (${last.status} in ${span(last.tookMs)})`),
		btn(s.deliveryPaused ? "Resume" : "Pause", () => app.pause(s)), btn(`Faults: ${app.faults.filter(f => f.subscriptionId === s.id).map(f => f.fault).join(", ") || "none"}`, all));
}

async function empty() {
	const s = app.subscriptions[0], type = app.firstType(), title = el("h2", "No requests sent yet."), code = region("Verifier");
	if (!s) return $("empty").replaceChildren(title, subscribe(app), el("p", "No receiver? Start one:"), command("semblance listen"));
	const { items } = await get("/verifiers"), choose = v => { code.textContent = v.code; };
	choose(items[0]);
	$("empty").replaceChildren(title, el("p", btn(`Emit ${type}`, () => post("/events", { eventType: type }), null, primary)), el("p", "The same from a terminal:"), command(`semblance emit ${type} ${app.via()}`.trim()),
		el("p", "Requests are signed with the secret ", el("code", s.secret), ". A receiver verifies the raw body:"), el("p.actions", items.map(v => btn(v.language, () => choose(v))), btn("Copy the verifier", () => copy(code.textContent, "the verifier"))), code);
}

// The fragment has the view, so that reload, back and links work.
function remember() {
	const { filter, selectedId } = app.list;
	setFragment(new URLSearchParams(Object.entries({ a: app.wanted ?? selectedId, q: filter.text, o: filter.only === "all" ? "" : filter.only, t: filter.eventType, s: filter.subscriptionId }).filter(([, value]) => value)));
}

function recall() {
	const f = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
	app.wanted = Number(f.a) || null;
	app.list.setFilter({ text: f.q ?? "", only: f.o in app.list.kinds ? f.o : "all", eventType: f.t, subscriptionId: f.s });
	if (app.wanted) app.detail.show(app.wanted);
}

// later runs an action once for many causes.
const causes = {};
const later = (name, run) => { causes[name] ??= setTimeout(() => { delete causes[name]; act(run); }, 300); };

// An id not above the last one is of another journal.
function take(records, last) {
	if (records[0].id <= last || records.some(r => r.kind === "reset")) return load();
	const attempts = [];
	for (const { kind, data } of records) {
		if (kind === "attempt") {
			note(data);
			attempts.push(data);
			if (document.hidden && failed(data)) app.unseen++;
		} else if (kind === "transition") {
			const d = app.states.get(data.deliveryId);
			if (d) app.list.fill(app.list.rows.get(Object.assign(d, { state: data.nextState, due: data.due }).newest));
		} else if (kind === "notice") {
			app.notices++;
			say(data.subject, true);
		} else later("subscriptions", app.loadSubscriptions);
	}
	if (!attempts[0]) return;
	app.list.add(attempts);
	later("header", async () => {
		app.health = await get("/health");
		header();
		if (app.detail.tab === 2 && attempts.some(a => a.deliveryId === app.detail.current?.deliveryId)) app.detail.render();
	});
}

async function load() {
	const { items } = await get("/attempts?limit=1000");
	app.states.clear();
	app.list.clear();
	items.reverse().forEach(note);
	app.list.add(items);
	await app.loadClock();
	await app.loadSubscriptions();
	return items.at(-1)?.id ?? 0;
}

// The list is kept if the journal has its newest attempt.
async function check(last) {
	app.health = await get("/health");
	const newest = [...app.list.rows.values()].at(-1)?.data;
	if (newest && last != null) {
		const same = await get(`/attempts/${newest.id}`).catch(error => { if (error.status !== 404) throw error; });
		if (same?.startedAt === newest.startedAt) return last;
	}
	const now = await load();
	if (newest) say(now > newest.id ? "Older attempts were removed from the journal." : "A new journal.");
	return now;
}

function actions() {
	const { list, detail } = app, current = run => () => act(async () => {
		if (list.latest && detail.current?.id !== list.latest && !detail.current?.title) await detail.show(list.latest);
		if (detail.reason) throw new Error(detail.reason);
		return run(detail.current);
	}), tab = i => () => detail.open(i);
	const resend = newAttempt => current(async a => resent(app, a.id, await post(`/attempts/${a.id}/resend`, { newAttempt }))), as = (form, what) => current(async a => copy(await get(`/attempts/${a.id}?as=${form}`), what));
	return {
		...list.actions, resend: resend(false), resendNew: resend(true), edit: current(a => editDialog(app, a)), copyCurl: as("curl", "the curl command"), copyCommand: as("command"),
		emit: () => act(() => emitDialog(app, detail.current)), play: () => act(() => playDialog(app)), mark: current(a => { detail.marked = a; detail.render(); }), raw() { detail.raw = !detail.raw; detail.render(); },
		tab1: tab(0), tab2: tab(1), tab3: tab(2), tab4: tab(3),
	};
}

function tick() {
	for (const e of document.querySelectorAll("[data-due]")) e.textContent = until(app.left(e.dataset.due));
	const n = [...app.list.rows.values()].filter(row => failed(row.data) && app.left(row.data.startedAt) > -60000).length;
	$("alarm").textContent = n ? `▲ ${n} failed in the last minute` : "";
	if (!document.hidden) app.unseen = 0;
	document.title = app.unseen ? `(${app.unseen}) Semblance` : "Semblance";
}

export function start() {
	app.list = makeList();
	app.detail = new Detail(app);
	app.actions = actions();
	listen(app.actions);
	recall();
	addEventListener("hashchange", recall);
	setInterval(tick, 1000);
	follow("?kind=attempt,transition,subscription,fault,notice,reset", check, take);
}
