// The page of a provider.

import { $, act, btn, clockTime, command, copier, copy, count, deliveries, el, exactTime, kindOf, primary, refill, region, responseOf, say, short, span, until, verdict } from "./dom.js";
import { follow, get, post, setFragment } from "./api.js";
import { List } from "./list.js";
import { Detail } from "./detail.js";
import { buttons, listen } from "./keys.js";
import { clockPanel, editDialog, emitDialog, noticesPanel, playDialog, requestsPanel, resent, subscribe, subscriptionsPanel } from "./dialogs.js";

// Refusing a faulty request is right.
const faulty = a => a.fault && !a.fault.startsWith("delivery"), failed = a => a.outcome !== "accepted" && !faulty(a), booking = "booking.created";

export const app = {
	subscriptions: [], clock: {}, health: {}, notices: 0, unseen: 0, header,
	states: new Map(), // of deliveries, by id
	left: due => Date.parse(due) - (app.clock.manual ? Date.parse(app.clock.now) : Date.now() + app.offset),
	receives: type => app.subscriptions.filter(s => s.eventTypes.includes(type)),
	firstType: () => app.receives(booking)[0] ? booking : app.subscriptions[0]?.eventTypes[0] ?? booking,
	via: () => location.port === "4700" ? "" : `--via ${location.host}`,
	// The list may not have all attempts about a record.
	async about(id) {
		app.list.setFilter({ q: id });
		await newest(`&record=${id}`);
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
		header();
		filters();
		if (!app.list.rows.size) await empty();
	},
	async loadClock() {
		app.clock = await get("/clock");
		app.offset = Date.parse(app.clock.now) - Date.now();
	},
};

const stateOf = id => app.states.get(id) ?? {};

function cells(a) {
	const [name, id] = Object.entries(a.identifiers ?? {})[0] ?? [], d = stateOf(a.deliveryId);
	return [exactTime(a.startedAt), el(d.several ? "span.joined" : "span", a.eventType, a.fault && ` ${a.fault}`), id && btn(`${kindOf(name)} ${short(id)}`, () => app.about(id)), String(a.number),
		verdict(!failed(a), responseOf(a)), span(a.tookMs), d.newest !== a.id ? a.outcome === "accepted" ? "delivered" : el("span.dim", "retried") : d.state === "pending" && d.due ? [`attempt ${a.number + 1} `, el("span", { "data-due": d.due }, until(app.left(d.due)))] : d.state];
}

function note(a) {
	const before = app.states.get(a.deliveryId);
	if (before?.newest >= a.id) return;
	if (app.states.size > 5000) for (const [id, d] of app.states) if (!app.list.rows.has(d.newest)) app.states.delete(id);
	app.states.set(a.deliveryId, { ...before, newest: a.id, several: !!before || a.number > 1, ...(a.nextState && { state: a.nextState, due: a.due }) });
	if (before) app.list.fill(app.list.rows.get(before.newest));
}

const makeList = () => new List({
	noun: "attempt", hint: "Filter by type, id, status, record", columns: ["time", "event", "record", "attempt", "response", "duration", "state"], cells, bad: "failed",
	kinds: { all: () => true, failed: row => failed(row.data), pending: ({ id, data: { deliveryId } }) => stateOf(deliveryId).newest === id && /pending|held/.test(stateOf(deliveryId).state) },
	words: a => [a.eventType, a.deliveryId, a.eventId, responseOf(a), a.failure, a.fault, ...Object.entries(a.identifiers ?? {}).flat()],
	async chosen(id) {
		remember();
		await app.detail.show(id);
		for (const row of app.list.rows.values()) row.tr?.classList.toggle("same", row.data.deliveryId === app.detail.current.deliveryId);
	},
	changed: remember,
});

function filters() {
	const { list } = app;
	const choice = (name, all, items) => el("select", { name, ariaLabel: all, onchange() { list.setFilter({ [name]: this.value }); header(); } },
		el("option", { value: "" }, all), items.map(([value, text]) => el("option", { value }, text ?? value)));
	list.more.replaceChildren(choice("eventType", "every type", [...new Set(app.subscriptions.flatMap(s => s.eventTypes))].map(t => [t])), app.subscriptions[1] ? choice("subscriptionId", "every subscription", app.subscriptions.map(s => [s.id, s.label])) : "");
	list.setFilter();
}

function header() {
	const { subscriptions, actions, clock, list } = app;
	$("address").textContent = location.host;
	$("journal").textContent = `journal: ${app.health.journal}`;
	refill($("menu"), buttons(actions, ["emit", "play"]), btn("Subscriptions", subscriptionsPanel), btn(clock.manual ? `Clock ${clockTime(clock.now)}` : "Clock", clockPanel),
		btn(app.notices ? `Notices (${app.notices})` : "Notices", noticesPanel), btn("API requests", requestsPanel), buttons(actions, ["help"]));
	const s = subscriptions.find(s => s.id === list.filter.subscriptionId) ?? (!subscriptions[1] && subscriptions[0]);
	if (!s) return $("target").replaceChildren(count(subscriptions.length, "subscription"));
	const last = [...list.rows.values()].findLast(({ data: a }) => a.subscriptionId === s.id && !faulty(a))?.data, secret = async () => (await get(`/subscriptions/${s.id}?show=secret`)).secret;
	refill($("target"), el("span.wire", `→ ${s.url}`), el("span", { id: "types" }, count(s.eventTypes.length, "event type")), el("span", "secret ", el("code", s.secret)),
		...s.secret.includes("…") ? [btn("Show", async () => { s.secret = await secret(); header(); }), btn("Copy", async () => copy(await secret(), "the secret"))] : [copier(s.secret, "the secret")],
		s.deliveryPaused ? el("b.bad", "paused") : !last ? el("span.dim", "no response yet") : last.failure ? el("b.bad.dot", `No response: ${last.detail}. ${deliveries(app.health.unfinished)} pending.`) :
			el(failed(last) ? "b.bad.dot" : "span.good.dot", `${failed(last) ? "refusing" : "responding"} (${last.status} in ${span(last.tookMs)})`),
		btn(s.deliveryPaused ? "Resume" : "Pause", () => app.pause(s)), btn(`Faults: ${s.faults?.map(f => f.fault).join(", ") || "none"}`, subscriptionsPanel));
}

async function empty() {
	const s = app.subscriptions[0], type = app.firstType(), title = el("h2", "No requests sent yet."), code = region("Verifier");
	if (!s) return $("empty").replaceChildren(title, subscribe(app.loadSubscriptions), el("p", "No receiver? Start one:"), command("semblance listen"));
	const { items } = await get("/verifiers"), choose = v => { code.textContent = v.code; };
	choose(items[0]);
	$("empty").replaceChildren(title, el("p", btn(`Emit ${type}`, () => post("/events", { eventType: type }), null, primary)), el("p", "The same from a terminal:"), command(`semblance emit ${type} ${app.via()}`.trim()),
		el("p", "Requests are signed with the secret ", el("code", s.secret), ". A receiver verifies the raw body:"), el("p.actions", items.map(v => btn(v.language, () => choose(v))), btn("Copy the verifier", () => copy(code.textContent, "the verifier"))), code);
}

// The fragment has the view, so that reload, back and links work.
function remember() {
	setFragment(new URLSearchParams(Object.entries({ a: app.list.selectedId, ...app.list.filter }).filter(([, value]) => value)));
}

function recall() {
	const { a, ...filter } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
	app.list.select(Number(a) || null, !!a);
	app.list.resetFilter(filter);
}

// later runs an action once for many causes.
const causes = {};
const later = (name, run, wait = 300) => { causes[name] ??= setTimeout(() => { delete causes[name]; act(run); }, wait); };

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
			app.list.fill(app.list.rows.get(Object.assign(stateOf(data.deliveryId), { state: data.nextState, due: data.due }).newest));
		} else if (kind === "notice") {
			app.notices++;
			say(data.subject, true);
		} else if (kind === "skipped") later("newest", newest, 4000);
		else later("subscriptions", app.loadSubscriptions);
	}
	if (!attempts[0]) return;
	app.list.add(attempts);
	later("header", async () => {
		app.health = await get("/health");
		header();
		if (app.detail.tab === 2 && attempts.some(a => a.deliveryId === app.detail.current?.deliveryId)) app.detail.render();
	});
}

// newest lists the newest attempts, whose deliveries may have other states by now.
async function newest(query = "") {
	const [{ items }, deliveries] = await Promise.all(["attempts", "deliveries"].map(list => get(`/${list}?limit=1000${query}`)));
	items.reverse().forEach(note);
	for (const { id, state, due } of deliveries.items) Object.assign(stateOf(id), { state, due });
	app.list.add(items);
	return items.at(-1)?.id ?? 0;
}

async function load() {
	app.states.clear();
	app.list.clear();
	const last = await newest();
	await app.loadClock();
	await app.loadSubscriptions();
	return last;
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
	const { list, detail } = app, current = run => async () => {
		if (list.selectedId && detail.current?.id !== list.selectedId) await detail.show(list.selectedId);
		if (detail.reason) throw new Error(detail.reason);
		return run(detail.current);
	};
	const resend = newAttempt => current(async a => resent(a.id, await post(`/attempts/${a.id}/resend`, { newAttempt }))), as = (form, what) => current(async a => copy(await get(`/attempts/${a.id}?as=${form}`), what));
	return {
		...list.actions, resend: resend(false), resendNew: resend(true), edit: current(editDialog), copyCurl: as("curl", "the curl command"), copyCommand: as("command"),
		emit: () => emitDialog(detail.current), play: playDialog, mark: current(a => { detail.marked = a; say(`Marked attempt ${a.id}.`); }), raw() { detail.raw = !detail.raw; detail.render(); }, tab: key => detail.open(key - 1),
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
	app.detail = new Detail();
	app.actions = actions();
	listen(app.actions);
	recall();
	addEventListener("hashchange", recall);
	setInterval(tick, 1000);
	follow("?newest=300&kind=attempt,transition,subscription,fault,notice,reset", check, take);
}
