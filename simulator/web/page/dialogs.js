// The dialogs that send something: emit an event, edit and resend an attempt, play a scenario.

import { act, btn, copy, count, el, dialog, field, inline, primary, responseOf, say, short, span } from "./dom.js";
import { get, post } from "./api.js";

const shell = word => /^[\w\-./:=,@%+]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
const input = (name, value, ...more) => el("input", { name, value, spellcheck: false, autocomplete: "off" }, ...more);
const choice = (name, value, label, checked) => inline(el("input", { type: "radio", name, value, checked: !!checked }), label);
const choices = (legend, ...content) => el("fieldset", el("legend", legend), content);
const buttons = (form, text, ...others) => el("p.actions", others, el("span.grow"), btn("Cancel", () => form().close()), el("button", primary, text));

// faults is a list of the faults by family.
export async function faults(none) {
	const { items } = await get("/faults"), families = [...new Set(items.map(f => f.fault.split("=")[0]))];
	return el("select", { name: "fault", ariaLabel: "Fault" }, none && el("option", { value: "" }, none), families.map(family => el("optgroup", { label: family },
		items.filter(f => f.fault.startsWith(family + "=")).map(f => el("option", { value: f.fault, title: f.summary }, f.fault.slice(family.length + 1))))));
}

export async function emitDialog(app, selected) {
	const [{ items }, fault] = await Promise.all([get("/event-types"), faults("none")]);
	const name = input("type", selected?.eventType ?? app.firstType(), { required: true, list: "names", onchange: () => act(load) });
	const about = el("div.card"), example = el("pre", { tabIndex: 0, ariaLabel: "Example", role: "region" });
	let type;
	// load shows what the type may be about.
	async function load() {
		type = await get(`/event-types/${encodeURIComponent(name.value)}`);
		const first = type.roles?.find(r => selected?.identifiers?.[r.kind + "Id"]);
		about.replaceChildren(el("p", `${type.summary}. `, !app.receives(type.name).length && el("b.bad", "No subscription receives this type.")),
			choices("Record", choice("record", "", "any suitable record", true), first && choice("record", "selected", `${first.kind} ${short(selected.identifiers[first.kind + "Id"])} (selected)`),
				type.roles?.length ? choice("record", "ids", "these ids:") : null,
				(type.roles ?? []).map(r => field(r.name, input("role:" + r.name, "", { pattern: "[0-9a-f]{24}", placeholder: `${r.kind} id`, oninput: () => { form.elements.record.value = "ids"; } })))),
			type.optional.length ? choices("Optional", type.optional.map(id => inline(el("input", { type: "checkbox", name: "with", value: id, checked: true }), id))) : "");
		type.first = first;
		example.textContent = JSON.stringify(type.example, null, 2);
	}
	function request() {
		const { record, count } = form.elements, checked = [...form.querySelectorAll("[name=with]:checked")].map(e => e.value);
		const ids = record.value === "selected" ? [[type.first.name, selected.identifiers[type.first.kind + "Id"]]] : record.value ? type.roles.map(r => [r.name, form.elements["role:" + r.name].value]) : [];
		return {
			eventType: type.name, count: Number(count.value), about: Object.fromEntries(ids.filter(([, id]) => id)), with: record.value ? [] : checked,
			omit: type.optional.filter(id => !checked.includes(id)),
		};
	}
	const form = dialog("Emit an event", [field("Event type", name), el("datalist", { id: "names" }, items.map(t => el("option", { value: t.name }))), about,
		field("Count", input("count", "1", { type: "number", min: 1, max: 1000 })), field("Fault", fault), el("details", el("summary", "Example"), example),
		buttons(() => form, "Emit", btn("Copy command", () => {
			if (fault.value) return say("No command does the same: `semblance emit` takes no fault.", true);
			const r = request();
			return copy([`semblance emit ${r.eventType}`, r.count > 1 && `--count ${r.count}`, Object.entries(r.about).map(([role, id]) => `--about ${role}=${id}`), r.with.map(id => `--with ${id}`),
				r.omit.map(id => `--omit ${id}`), app.via()].flat().filter(Boolean).join(" "), "the command");
		}))], async () => {
		const r = request();
		for (const s of fault.value ? app.receives(r.eventType) : []) await post(`/subscriptions/${s.id}/faults`, { fault: fault.value, next: r.count });
		const { events } = await post("/events", r);
		say(`Emitted ${count(events.length, r.eventType, r.eventType)}: ${count(events.flatMap(e => e.deliveries).length, "delivery", "deliveries")}.`);
	});
	name.select();
	await load();
}

export async function editDialog(app, a) {
	const fault = await faults("none"), original = a.request.body ?? "";
	const body = el("textarea.wire", { rows: 10, spellcheck: false, ariaLabel: "Body", oninput: () => check() });
	body.value = original; // the bytes as they were sent, never formatted
	const url = input("url", a.request.url, { type: "url", required: true }), wrong = el("p.bad", { role: "status" });
	const newID = () => Math.floor(Date.now() / 1000).toString(16) + [...crypto.getRandomValues(new Uint8Array(8))].map(b => b.toString(16).padStart(2, "0")).join("");
	// check lets the server check the body while it is edited.
	let timer;
	const check = () => {
		clearTimeout(timer);
		timer = setTimeout(() => act(async () => {
			const { violations } = await post(`/event-types/${a.eventType}/check`, { body: body.value });
			wrong.textContent = violations.join("\n");
			send.textContent = violations.length ? "Send anyway" : "Send";
		}), 150);
	};
	const form = dialog(`Edit and resend attempt ${a.id}`, [field("Send to", url), a.request.bodyBase64 ? el("p", "The body is not UTF-8; it is sent as it was.") : field("Body", body), wrong,
		el("div", {
			onchange({ target }) {
				if (target.name === "event") body.value = body.value.replace(/("eventId"\s*:\s*")[^"]*/, (_, before) => before + (target.value ? newID() : a.eventId));
				check();
			},
		}, choices("Event id", choice("event", "new", "new"), choice("event", "", "same", true)), choices("Signature", choice("signed", "new", "new", true), choice("signed", "", "as sent"))),
		field("Fault", fault), buttons(() => form, "Send", btn("Copy command", () => {
			if (body.value !== original) return say("No command does the same: `semblance resend` takes no whole body.", true);
			return copy([`semblance resend ${a.id}`, form.elements.signed.value && "--anew", fault.value && `--fault ${shell(fault.value)}`, url.value !== a.request.url && `--to ${shell(url.value)}`, app.via()].filter(Boolean).join(" "), "the command");
		}))], async () => {
		const r = { newAttempt: !!form.elements.signed.value, invalid: true };
		if (!a.request.bodyBase64) r.body = body.value;
		if (url.value !== a.request.url) r.url = url.value;
		if (fault.value) r.fault = fault.value;
		resent(app, a.id, await post(`/attempts/${a.id}/resend`, r));
	});
	const send = form.querySelector("button.primary");
	check();
	body.focus();
}

// resent reports a resend and selects the new attempt.
export function resent(app, before, a) {
	say(`Resent attempt ${before} as attempt ${a.id}: ${responseOf(a)} in ${span(a.tookMs)}`, a.outcome !== "accepted");
	app.open(a.id);
}

// playDialog plays scenarios and shows their steps while they are played.
export async function playDialog(app) {
	const { items } = await get("/scenarios");
	if (!items.length) throw new Error("This server plays no scenarios.");
	const source = el("textarea.wire", { rows: 8, spellcheck: false, ariaLabel: "Scenario in YAML" }), paste = el("details", el("summary", "Paste a scenario"), source);
	const to = el("select", app.subscriptions.map(s => el("option", { value: s.id }, s.label))), seed = input("seed", "", { placeholder: "its own", inputMode: "numeric" });
	const names = el("select", { size: 10, ariaLabel: "Scenario", onchange: () => show() }, items.map(s => el("option", s.name)));
	const about = el("div"), result = el("p", { role: "status" }), steps = el("ol.steps");
	const show = () => {
		const s = items[names.selectedIndex];
		about.replaceChildren(el("h3", `${s.name}: ${s.title}`), el("p.dim", s.description));
	};
	names.value = "duplicates";
	const form = dialog("Play a scenario", [el("div.split", el("div", names, paste), el("div", about, el("div.bar", field("Send to", to), field("Seed", seed), el("button", primary, "Play")), result, steps))], async () => {
		const r = { subscriptionId: to.value, ...(paste.open ? { source: source.value } : { scenario: names.value }) };
		if (seed.value) r.seed = Number(seed.value);
		const { id } = await post("/plays", r);
		const add = all => steps.append(...all.map(s => step(app, s, form)));
		steps.replaceChildren();
		result.className = "";
		result.textContent = "Playing…";
		app.onStep = p => p.play === id && add([p.step]);
		act(async () => {
			let p;
			do p = await get(`/plays/${id}?within=30s`); while (p.state === "running" && form.isConnected);
			app.onStep = null;
			result.textContent = p.detail ? `${p.state}: ${p.detail}` : p.state;
			result.className = p.state === "passed" ? "good" : "bad";
			const all = p.result?.scenarios.flatMap(s => s.steps) ?? [];
			if (all.length) steps.replaceChildren();
			add(all);
		});
		return false;
	});
	show();
	names.focus();
}

// step shows a step of a play in the form of the JSON report.
function step(app, { path, title, outcome, reason, rerun, evidence = [] }, form) {
	const failed = outcome === "failed", shown = evidence.find(e => e.failures) ?? evidence[0], { request, response: r, failures = [] } = shown ?? {};
	const facts = failures.flatMap(f => [["expected", `${f.part} ${f.name ?? ""}${f.pointer ?? ""} ${f.expected}`], ["got", f.got]]);
	return el(failed ? "li.bad" : "li", el("b", failed ? "FAIL" : outcome === "passed" ? "ok" : outcome), ` ${path}  ${title} `, r && el("span.dim", `${r.failure ?? r.status} in ${span(r.timingsMs.total)} `),
		request && btn("Open attempt", () => { form.close(); app.detail.showPlayed(`step ${path}: ${title}`, shown, rerun ?? ""); }),
		failed && el("dl", [...facts, ["reason", reason], ["rerun", rerun]].filter(([, text]) => text).map(([name, text]) => [el("dt", name), el("dd", text, name === "rerun" && [" ", btn("Copy", () => copy(text, "the command"))])])));
}

