// The dialogs.

import { act, btn, command, copier, copy, count, dateTime, deliveries, dialog, el, exactTime, field, inline, isID, primary, region, responseOf, say, short, span, table } from "./dom.js";
import { call, get, post } from "./api.js";

const shell = word => /^[\w\-./:=,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
const input = (name, value, ...more) => el("input", { name, value, autocomplete: "off" }, ...more);
const radio = (name, value, label, checked) => inline(el("input", { type: "radio", name, value, checked: !!checked }), label);
const group = (legend, ...content) => el("fieldset", el("legend", legend), content);
const area = (label, ...more) => el("textarea.wire", { rows: 9, ariaLabel: label }, ...more);
const buttons = (text, command) => el("p.actions", btn("Copy command", () => copy(command().flat().filter(Boolean).join(" "))), el("span.grow"), el("button", primary, text));
const none = why => { throw new Error(`No command does the same: ${why}.`); };

export async function faults(first) {
	const { items } = await get("/faults");
	return el("select", { ariaLabel: "Fault" }, first && el("option", { value: "" }, first), items.map(f => el("option", { title: f.summary }, f.fault)));
}

export async function emitDialog(app, selected) {
	const [{ items }, fault] = await Promise.all([get("/event-types"), faults("none")]);
	const name = input("type", selected?.eventType || app.firstType(), { required: true, list: "names", onchange: () => act(load) });
	const about = el("div.card"), example = region("Example");
	let type;
	async function load() {
		if (type?.name === name.value) return;
		type = await get(`/event-types/${encodeURIComponent(name.value)}`);
		about.replaceChildren(el("p", `${type.summary}. `, !app.receives(type.name)[0] && el("b.bad", "No subscription receives this type.")), group("Record", radio("record", "", "any suitable record", true), type.roles[0] && radio("record", "ids", "these:"),
			type.roles.map(r => field(r.name, input("role", selected?.identifiers?.[r.kind + "Id"] ?? "", { pattern: "[0-9a-f]{24}", placeholder: "any", oninput: () => { form.elements.record.value = "ids"; } })))),
			group("Optional identifiers", type.optional.map(id => inline(el("input", { type: "checkbox", name: "with", value: id, checked: true }), id))));
		example.textContent = JSON.stringify(type.example, null, 2);
	}
	function request() {
		const all = selector => [...form.querySelectorAll(selector)].map(e => e.value), included = all("[name=with]:checked"), record = form.elements.record.value;
		const ids = record ? all("[name=role]").map((id, i) => [type.roles[i].name, id]) : [];
		return { eventType: type.name, count: Number(form.elements.count.value), about: Object.fromEntries(ids.filter(([, id]) => id)), with: record ? [] : included, omit: type.optional.filter(id => !included.includes(id)) };
	}
	const form = dialog("Emit an event", [field("Event type", name), el("datalist", { id: "names" }, items.map(t => el("option", t.name))), about,
		el("div.bar", field("Count", input("count", 1, { type: "number", min: 1, max: 1000 })), field("Fault", fault)), el("details", el("summary", "Example"), example), buttons("Emit", () => {
			const r = request();
			if (fault.value) none("`emit` takes no fault");
			return ["semblance emit", r.eventType, r.count > 1 && `--count ${r.count}`, Object.entries(r.about).map(([role, id]) => `--about ${role}=${id}`), r.with.map(id => `--with ${id}`), r.omit.map(id => `--omit ${id}`), app.via()];
		})], async () => {
		await load();
		const r = request();
		if (fault.value) for (const s of app.receives(r.eventType)) await post(`/subscriptions/${s.id}/faults`, { fault: fault.value, next: r.count });
		const { events } = await post("/events", r);
		say(`Emitted: ${deliveries(events.flatMap(e => e.deliveries).length)}.`);
	});
	name.select();
	await load();
}

export async function editDialog(app, a) {
	const fault = await faults("none"), original = a.request.body, wrong = el("p.bad", { role: "status" }), newID = () => Math.floor(Date.now() / 1000).toString(16) + "0".repeat(16).replace(/0/g, () => Math.floor(Math.random() * 16).toString(16));
	const body = area("Body", { value: original ?? "", disabled: original == null, oninput: check }), url = input("url", a.request.url, { type: "url", required: true });
	let timer;
	function check() {
		clearTimeout(timer);
		timer = setTimeout(() => act(async () => {
			const { violations } = await post(`/event-types/${a.eventType}/check`, { body: body.value });
			wrong.textContent = violations.join("\n");
			form.querySelector("button.primary").textContent = violations[0] ? "Send anyway" : "Send";
		}), 150);
	}
	const form = dialog(`Edit and resend attempt ${a.id}`, [field("Send to", url), field(original == null ? "The body is not UTF-8" : "Body", body), wrong, el("div", {
		onchange({ target }) {
			if (target.name === "event") body.value = body.value.replace(/("eventId"\s*:\s*")[^"]*/, (_, before) => before + (target.value ? newID() : a.eventId));
			check();
		},
	}, group("Event id", radio("event", "new", "new"), radio("event", "", "same", true)), group("Signature", radio("signed", "new", "new", true), radio("signed", "", "as sent"))), field("Fault", fault),
	buttons("Send", () => {
		if (!body.disabled && body.value !== original) none("`resend` takes no body");
		return [`semblance resend ${a.id}`, form.elements.signed.value && "--anew", fault.value && `--fault ${shell(fault.value)}`, url.value !== a.request.url && `--to ${shell(url.value)}`, app.via()];
	})], async () => {
		resent(app, a.id, await post(`/attempts/${a.id}/resend`, {
			newAttempt: !!form.elements.signed.value, invalid: true, body: body.disabled ? undefined : body.value, fault: fault.value || undefined, url: url.value === a.request.url ? undefined : url.value,
		}));
	});
	check();
	body.focus();
}

export function resent(app, before, a) {
	say(`Resent attempt ${before} as attempt ${a.id}: ${responseOf(a)} in ${span(a.tookMs)}`, a.outcome !== "accepted");
	app.open(a.id);
}

export async function playDialog(app) {
	const { items } = await get("/scenarios");
	if (!items[0]) throw new Error("No scenarios.");
	const source = area("Scenario"), paste = el("details", el("summary", "Paste a scenario"), source), about = el("div"), result = el("p", { role: "status" }), steps = el("ol.steps");
	const to = el("select", app.subscriptions.map(s => el("option", { value: s.id }, s.label))), seed = input("seed", "", { placeholder: "its own" });
	const names = el("select", { size: 10, ariaLabel: "Scenario", onchange: show }, items.map(s => el("option", s.name)));
	function show() {
		const s = items[names.selectedIndex];
		about.replaceChildren(el("h3", `${s.name}: ${s.title}`), el("p.dim", s.description));
	}
	const form = dialog("Play a scenario", el("div.split", el("div", names, paste), el("div", about, el("div.bar", field("Send to", to), field("Seed", seed), el("button", primary, "Play")), result, steps)), async () => {
		const { id } = await post("/plays", { subscriptionId: to.value, seed: seed.value ? Number(seed.value) : undefined, ...(paste.open ? { source: source.value } : { scenario: names.value }) });
		const add = s => steps.append(step(app, s, form));
		steps.replaceChildren();
		result.textContent = "playing…";
		act(async () => {
			let p;
			do {
				p = await get(`/plays/${id}?within=30s&steps=${steps.children.length}`);
				p.steps?.forEach(add);
			} while (p.state === "running" && form.isConnected);
			result.textContent = [p.state, p.detail].filter(Boolean).join(": ");
		});
		return false;
	});
	names.value = "duplicates";
	show();
	names.focus();
}

function step(app, { path, title, outcome, reason, rerun = "", evidence = [] }, form) {
	const failed = outcome === "failed", shown = evidence.find(e => e.failures) ?? evidence[0], { request, response: r, failures = [] } = shown ?? {};
	const facts = [...failures.flatMap(f => [["expected", `${f.part} ${f.name ?? ""}${f.pointer ?? ""} ${f.expected}`], ["got", f.got]]), ["reason", reason], ["rerun", rerun]].filter(([, text]) => text);
	return el(failed ? "li.bad" : "li", el("b", failed ? "FAIL" : outcome === "passed" ? "ok" : outcome), ` ${path}  ${title} `, r && el("span.dim", `${r.failure ?? r.status} in ${span(r.timingsMs.total)} `),
		request && btn("Open attempt", () => { form.close(); app.detail.showPlayed(`step ${path}: ${title}`, shown, rerun); }), failed && el("dl", facts.map(([name, text]) => [el("dt", name), el("dd", text, name === "rerun" && [" ", copier(text)])])));
}

export async function subscriptionsPanel(app) {
	const list = await faults(), content = el("div.cards");
	async function draw() {
		await app.loadSubscriptions();
		content.replaceChildren(...app.subscriptions.map(s => {
			const active = app.faults.filter(f => f.subscriptionId === s.id), after = run => async () => { await run(); await draw(); };
			const fault = list.cloneNode(true), number = (name, value, more) => el("input.short", { type: "number", value, ariaLabel: name, ...more }), way = checked => el("input", { type: "radio", name: s.id, checked });
			const n = number("attempts", 1, { min: 1 }), share = number("share", 0.1, { min: 0.01, max: 1, step: 0.01 }), next = way(true);
			return el("section.card", el("h3", s.label), el("p.wire", s.url), el("p", `${count(s.eventTypes.length, "event type")}, ${s.deliveryPaused ? "paused" : "active"}`),
				active.map(f => el("p.bad", `fault ${f.fault}, ${f.remaining ? `the next ${f.remaining}` : `a share of ${f.share}`}`)),
				el("p.actions", btn(s.deliveryPaused ? "Resume" : "Pause", after(() => app.pause(s))), btn("Rotate secret", after(async () => {
					const { secret } = await post(`/subscriptions/${s.id}/rotate-secret`);
					dialog("New secret", [el("p", "Requests are signed with"), command(secret)]);
				})), active[0] && btn("Clear faults", after(() => call("DELETE", `/subscriptions/${s.id}/faults`)))),
				el("div.bar", field("Inject a fault", fault), inline(next, "the next ", n), inline(way(), "a share of ", share), btn("Inject", after(() =>
					post(`/subscriptions/${s.id}/faults`, { fault: fault.value, ...(next.checked ? { next: Number(n.value) } : { share: Number(share.value) }) })))));
		}), el("section.card", el("h3", "Add a subscription"), subscribe(app, draw)));
	}
	dialog("Subscriptions", content);
	await draw();
}

export function subscribe(app, done) {
	const url = el("input", { size: 36, value: "http://localhost:3000/webhooks" });
	return el("div.bar", field("Receiver URL", url), btn("Subscribe", async () => {
		await post("/subscriptions", { url: url.value, label: "page", eventTypes: ["**"] });
		await app.loadSubscriptions();
		await done?.();
	}, null, primary));
}

export async function clockPanel(app) {
	await app.loadClock();
	const { clock } = app, now = el("p.wire", dateTime(clock.now)), next = app.nextDue();
	const advance = (text, by, reason) => btn(text, async () => { await app.advance(by); now.textContent = dateTime(app.clock.now); }, null, null, reason);
	dialog("Clock", [now, clock.manual ? [el("p", "Manual: it moves only when advanced."), el("p.actions", ["1m", "10m"].map(by => advance("+" + by, by)),
		advance("Advance to next attempt", app.left(next) + "ms", next ? "" : "No attempt is due."))] :
		[el("p", `Real time, waits divided by ${clock.scale}. To control it:`), command("semblance serve --clock manual")]]);
}

const textOf = r => `${r.operation || r.fields.join(", ")}: ${r.error || r.status} in ${span(r.tookMs)}`;

export const asked = async a => (await Promise.all(Object.values(a.identifiers).filter(isID).map(id => get(`/api-requests?record=${id}`)))).flatMap(page => page.items)
	.filter((r, i, all) => all.findIndex(x => x.id === r.id) === i).map(r => ({ startedAt: r.at, text: `API ${textOf(r)}` }));

export async function requestsPanel(app) {
	const { items } = await get("/api-requests");
	const form = dialog("API requests", items[0] ? table(items.map(r => [exactTime(r.at), textOf(r), " ", r.ids.map(id => btn(short(id), () => { form.close(); app.list.setFilter({ text: id }); }))])) :
		el("p", "None. Requests to POST /graphql appear here."));
}

export async function noticesPanel(app) {
	const { items } = await get("/notices?limit=1000");
	app.notices = 0;
	app.header();
	dialog("Notices", items[0] ? items.reverse().map(n => el("section.card", el("h3", n.subject), el("p.dim", dateTime(n.at)), el("p", n.text))) : el("p", "None. They stand for e-mails to the practice."));
}
