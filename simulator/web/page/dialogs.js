// The dialogs.

import { act, btn, command, copier, copy, count, dateTime, deliveries, dialog, el, exactTime, field, hex, inline, kindOf, primary, region, responseOf, say, short, span, table, until } from "./dom.js";
import { call, get, post } from "./api.js";
import { app } from "./provider.js";

const input = (name, value, ...more) => el("input", { name, value, autocomplete: "off" }, ...more);
const group = (legend, ...content) => el("fieldset", el("legend", legend), content);
const renewal = (legend, name, same) => group(legend, ["new", same].map((text, i) => inline(el("input", { type: "radio", name, value: i ? "" : "new", checked: !i }), text)));
const card = (title, ...content) => el("section.card", el("h3", title), content);
const area = (label, ...more) => el("textarea.wire", { rows: 9, ariaLabel: label }, ...more);

// sending shows a dialog with a button that copies the command. command returns its words, or why there is none.
function sending(title, text, command, content, submit) {
	const why = el("span.dim"), button = btn("Copy command", () => copy(command().flat().filter(Boolean).join(" ")));
	const form = dialog(title, [content, el("p.actions", button, why, el("span.grow"), el("button", primary, text))], submit);
	form.oninput = () => {
		const words = command();
		why.textContent = (button.disabled = typeof words === "string") ? `No command does the same: ${words}.` : "";
	};
	return form;
}

async function faults(first, fits = () => true) {
	const { items } = await get("/faults");
	return el("select", { ariaLabel: "Fault" }, first && el("option", { value: "" }, first), items.filter(fits).map(f => el("option", { title: f.summary }, f.fault)));
}

export async function emitDialog(selected) {
	const [{ items }, fault] = await Promise.all([get("/event-types"), faults("none")]);
	const name = input("type", selected?.eventType || app.firstType(), { required: true, list: "names", onchange: () => act(load) });
	const about = el("div.card"), example = region("Example");
	let type;
	async function load() {
		if (type?.name === name.value) return;
		type = await get(`/event-types/${encodeURIComponent(name.value)}`);
		about.replaceChildren(el("p", `${type.summary}. `, !app.receives(type.name)[0] && el("b.bad", "No subscription receives this type.")), group("Records", type.roles.map(r => field(r.name, input("role", "", { pattern: "[0-9a-f]{24}", placeholder: "any suitable record, or an id", list: "ids" })))),
			group("Optional identifiers", type.optional.map(id => inline(el("input", { type: "checkbox", name: "with", value: id, checked: true }), id))));
		example.textContent = JSON.stringify(type.example, null, 2);
	}
	function request() {
		const all = selector => [...form.querySelectorAll(selector)].map(e => e.value), included = all("[name=with]:checked");
		const about = all("[name=role]").map((id, i) => [type.roles[i].name, id]).filter(([, id]) => id);
		return { eventType: type.name, count: Number(form.elements.count.value), about: Object.fromEntries(about), with: about[0] ? [] : included, omit: type.optional.filter(id => !included.includes(id)) };
	}
	const form = sending("Emit an event", "Emit", () => {
		const r = request();
		return fault.value ? "`emit` takes no fault" :
			["semblance emit", r.eventType, r.count > 1 && `--count ${r.count}`, Object.entries(r.about).map(([role, id]) => `--about ${role}=${id}`), r.with.map(id => `--with ${id}`), r.omit.map(id => `--omit ${id}`), app.via()];
	}, [field("Event type", name), el("datalist", { id: "names" }, items.map(t => el("option", t.name))), el("datalist", { id: "ids" }, Object.entries(selected?.identifiers ?? {}).map(([name, value]) => el("option", { value }, kindOf(name)))), about,
		el("div.bar", field("Count", input("count", 1, { type: "number", min: 1, max: 1000 })), field("Fault", fault)), el("details", el("summary", "Example"), example)], async () => {
		await load();
		const r = request();
		if (fault.value) for (const s of app.receives(r.eventType)) await post(`/subscriptions/${s.id}/faults`, { fault: fault.value, next: r.count });
		const { events } = await post("/events", r);
		say(`Emitted: ${deliveries(events.flatMap(e => e.deliveries).length)}.`);
	});
	name.select();
	await load();
}

export async function editDialog(a) {
	const fault = await faults("none", f => f.resend), original = a.request.body, wrong = el("p.bad", { role: "status" });
	const body = area("Body", { value: original ?? "", disabled: original == null, oninput: () => check() }), url = input("url", a.request.url, { type: "url", required: true });
	const newID = () => hex(crypto.getRandomValues(new Uint8Array(12))).join("");
	const withID = (text, id) => text.replace(/("eventId"\s*:\s*")[^"]*/, (_, before) => before + id);
	const check = () => act(async () => {
		const { violations } = await post(`/event-types/${a.eventType}/check`, { body: body.value });
		wrong.textContent = violations.join("\n");
		form.querySelector("button.primary").textContent = violations[0] ? "Send anyway" : "Send";
	});
	const form = sending(`Edit and resend attempt ${a.id}`, "Send", () => {
		const { event, signed } = form.elements;
		return !body.disabled && withID(body.value, "") !== withID(original, "") ? "`resend` takes no body" : event.value !== signed.value ? "`resend` renews both event id and signature, or neither" :
			[`semblance resend ${a.id}`, signed.value && "--anew", fault.value && `--fault ${fault.value}`, url.value !== a.request.url && `--to '${encodeURI(url.value).replaceAll("'", "%27")}'`, app.via()];
	}, [field("Send to", url), field(original == null ? "The body is not UTF-8" : "Body", body), wrong, el("div.bar", {
		onchange({ target }) {
			if (target.name === "event") body.value = withID(body.value, target.value ? newID() : a.eventId);
			check();
		},
	}, renewal("Event id", "event", "same"), renewal("Signature", "signed", "as sent"), field("Fault", fault))], async () => {
		resent(a.id, await post(`/attempts/${a.id}/resend`, {
			newAttempt: !!form.elements.signed.value, invalid: true, body: body.disabled ? undefined : body.value, fault: fault.value, url: url.value === a.request.url ? "" : url.value,
		}));
	});
	body.value = withID(body.value, newID());
	check();
	body.focus();
}

export function resent(before, a) {
	say(`Resent attempt ${before} as attempt ${a.id}: ${responseOf(a)} in ${span(a.tookMs)}`, a.outcome !== "accepted");
	app.list.select(a.id, true);
}

export async function playDialog() {
	const { items } = await get("/scenarios");
	if (!items[0]) throw new Error("No scenarios.");
	const source = area("Scenario"), paste = el("details", el("summary", "Paste a scenario"), source), about = el("div"), result = el("p", { role: "status" }), steps = el("ol");
	const to = el("select", app.subscriptions.map(s => el("option", { value: s.id }, s.label))), seed = input("seed", "", { placeholder: "its own" });
	const names = el("select", { size: 10, ariaLabel: "Scenario", onchange: show }, items.map(s => el("option", s.name)));
	function show() {
		const s = items[names.selectedIndex];
		about.replaceChildren(el("h3", `${s.name}: ${s.title}`), el("p.dim", s.description));
	}
	const form = dialog("Play a scenario", el("div.split", el("div", names, paste), el("div", about, el("div.bar", field("Send to", to), field("Seed", seed), el("button", primary, "Play")), result, steps)), async () => {
		const { id } = await post("/plays", { subscriptionId: to.value, seed: seed.value ? Number(seed.value) : undefined, ...(paste.open ? { source: source.value } : { scenario: names.value }) });
		const add = s => steps.append(step(s, form));
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

function step({ path, title, outcome, reason, rerun = "", evidence = [] }, form) {
	const failed = outcome === "failed", shown = evidence.find(e => e.failures) ?? evidence[0], { request, response: r, failures = [] } = shown ?? {};
	const why = failures.map(f => [["expected", [f.part, f.name, f.pointer, f.expected].filter(Boolean).join(" ")], ["got", f.got]]);
	const facts = [...why.flat(), ["reason", reason], ["rerun", rerun, rerun && copier(rerun)]].filter(([, text]) => text);
	return el(failed ? "li.bad" : "li", el("b", failed ? "FAIL" : outcome === "passed" ? "ok" : outcome), ` ${path}  ${title} `, r && el("span.dim", `${r.failure ?? r.status} in ${span(r.timingsMs.total)} `),
		request && btn("Open attempt", () => { form.close(); app.detail.showPlayed(`step ${path}: ${title}`, shown, rerun, why.map(w => w.map(f => f.join(" ")).join(", ")).join("\n")); }), failed && table(facts));
}

export async function subscriptionsPanel() {
	const list = await faults(), content = el("div.cards");
	async function draw() {
		await app.loadSubscriptions();
		content.replaceChildren(...app.subscriptions.map(s => {
			const after = run => async () => { await run(); await draw(); }, fault = list.cloneNode(true), n = input("n", 1, { type: "number", step: "any", ariaLabel: "number or share" });
			const way = el("select", { ariaLabel: "which attempts" }, el("option", { value: "next" }, "the next attempts:"), el("option", { value: "share" }, "a share, such as 0.1:"));
			return card(s.label, el("p.wire", s.url), el("p", `${count(s.eventTypes.length, "event type")}, ${s.deliveryPaused ? "paused" : "active"}`),
				s.faults?.map(f => el("p.bad", `fault ${f.fault}, ${f.remaining ? `the next ${f.remaining}` : `a share of ${f.share}`}`)),
				el("p.actions", btn(s.deliveryPaused ? "Resume" : "Pause", after(() => app.pause(s))), btn("Rotate secret", after(async () => {
					const { secret } = await post(`/subscriptions/${s.id}/rotate-secret`);
					dialog("New secret", [el("p", "Requests are signed with"), command(secret)]);
				})), s.faults && btn("Clear faults", after(() => call("DELETE", `/subscriptions/${s.id}/faults`)))),
				el("div.actions", "Inject a fault: ", fault, way, n, btn("Inject", after(() => post(`/subscriptions/${s.id}/faults`, { fault: fault.value, [way.value]: Number(n.value) })))));
		}), card("Add a subscription", subscribe(draw)));
	}
	dialog("Subscriptions", content);
	await draw();
}

export function subscribe(done) {
	const url = el("input", { size: 30, value: "3000/webhooks" });
	return el("div.bar", field("Receiver URL, or port and path", url), btn("Subscribe", async () => {
		await post("/subscriptions", { url: url.value.replace(/^(?=\d+(\/|$))/, "http://localhost:"), label: "page", eventTypes: ["**"] });
		await done();
	}, null, primary));
}

export async function clockPanel() {
	await app.loadClock();
	const { clock } = app, now = el("p.wire", dateTime(clock.now)), next = [...app.states.values()].filter(d => d.state === "pending" && d.due).map(d => d.due).sort()[0];
	const advance = (text, by, reason) => btn(text, async () => { await app.advance(by); now.textContent = dateTime(app.clock.now); }, null, null, reason);
	dialog("Clock", [now, clock.manual ? [el("p", "Manual: it moves only when advanced."), el("p.actions", ["1m", "10m"].map(by => advance("+" + by, by)),
		advance(next ? `Advance to next attempt: ${until(app.left(next))}` : "Advance to next attempt", app.left(next) + "ms", next ? "" : "No attempt is due."))] :
		[el("p", `Real time, waits divided by ${clock.scale}. To control it:`), command("semblance serve --clock manual")]]);
}

const textOf = r => `${r.operation || r.fields.join(", ")}: ${r.error || r.status} in ${span(r.tookMs)}`;

export async function asked(ids) {
	const { items } = ids[0] ? await get(`/api-requests?record=${ids}`) : { items: [] };
	return items.map(r => ({ startedAt: r.at, text: `API ${textOf(r)}` }));
}

export async function requestsPanel() {
	const { items } = await get("/api-requests");
	const form = dialog("API requests", items[0] ? table(items.map(r => [exactTime(r.at), textOf(r), " ", r.ids.map(id => btn(short(id), () => { form.close(); app.about(id); }))])) :
		el("p", "None. Requests to POST /graphql appear here."));
}

export async function noticesPanel() {
	const { items } = await get("/notices?limit=1000");
	app.notices = 0;
	app.header();
	dialog("Notices", items[0] ? items.reverse().map(n => card(n.subject, el("p.dim", dateTime(n.at)), el("p", n.text))) : el("p", "None. They stand for e-mails to the practice."));
}
