// The detail of one attempt.

import { $, act, body, btn, clockTime, command, dialog, difference, el, exactTime, headers, isID, kindOf, lines, responseOf, short, span, table, tabs, until } from "./dom.js";
import { get, post } from "./api.js";

const names = ["Request", "Response", "Attempts", "Diff"];

export class Detail {
	tab = 0;
	raw = false;
	marked = null;

	constructor(app) { this.app = app; }

	async show(id) {
		this.wanted = this.app.list.latest = id;
		const full = await act(() => get(`/attempts/${id}`));
		if (full && this.wanted === id) this.render(full);
	}

	showPlayed(title, { request, response, failures = [] }, rerun) {
		this.wanted = null;
		this.tab = 1;
		this.render({
			...request, ...response, request, response, rerun, title, tookMs: response.timingsMs.total, outcome: failures[0] ? "refused" : "accepted",
			hint: failures.map(f => `${f.part} ${f.name ?? ""}${f.pointer ?? ""}: expected ${f.expected}, got ${f.got}`).join("\n"),
		});
		document.body.className = "open";
		$("detail").focus();
	}

	get reason() { return !this.current ? "Select an attempt first." : this.current.title ? "Attempts of a play cannot be resent." : this.current.unreadable ?? ""; }

	render(a = this.current) {
		if (!a) return;
		const { actions } = this.app, focused = document.activeElement.id, { hint = "", violations = [] } = a;
		const header = /signature/.test(hint) && a.request.headers.find(h => h.name === "X-Webhook-Signature")?.value;
		const button = (text, key, action) => btn(text, actions[action], key, null, this.reason);
		this.current = a;
		$("detail").hidden = false;
		$("detail").replaceChildren(...el("div", el("span.narrow", btn("Back", actions.back, "Esc")), el("h2", a.eventType || "Request"),
			el("p.dim", a.title ?? `attempt ${a.id}, no. ${a.number} of delivery ${short(a.deliveryId)}`, a.replayOf && `, same bytes as attempt ${a.replayOf}`, a.fault && `, fault ${a.fault}`),
			el("p", el(a.outcome === "accepted" ? "b.good" : "b.bad", responseOf(a)), ` in ${span(a.tookMs)} `, a.detail),
			el("p.actions", Object.entries(a.identifiers ?? {}).filter(([, id]) => isID(id)).map(([name, id]) => btn(`${kindOf(name)} ${short(id)}`, () => record(id)))),
			(hint || violations[0]) && el("section.why", hint && [el("h3", "Why it failed"), el("p", `fix: ${hint}`)],
				header && [el("p", "Save the bytes that your receiver verifies as body.json and run"), command(`semblance verify body.json --signature ${header} --at ${header.slice(2, 12)}`)],
				violations[0] && [el("h3", "Schema violations"), violations.map(v => el("p.wire", v))]),
			a.rerun ? command(a.rerun) : el("p.actions", button("Resend", "r", "resend"), button("Resend as new", "R", "resendNew"), button("Edit and resend", "e", "edit"), button("Copy curl", "c", "copyCurl"), button("Copy command", "y", "copyCommand"),
				button(this.marked === a ? "Marked" : "Mark", "m", "mark")),
			tabs(names, this.tab, (tab, focus) => this.open(tab, focus))).children);
		if (focused.startsWith("tab")) $(focused).focus();
		this.fill($("panel"));
	}

	open(tab, focus) {
		if (!names[tab]) return;
		this.tab = tab;
		this.render();
		if (focus) $(`tab${tab + 1}`)?.focus();
	}

	async fill(panel) {
		const a = this.current, content = a.unreadable ? el("p", a.unreadable) : await act(() => this[names[this.tab].toLowerCase()](a));
		panel.append(...el("div", content).children);
	}

	message(m) { return [headers(m), body(m, this.raw, this.app.actions.raw)]; }

	request({ request: r, signature: s }) {
		return [el("p.wire", `${r.method} ${r.url} HTTP/${r.proto}`), el("p", "Signature: ", s ? [`t = ${clockTime(s.signedAt)}, `, el(s.valid ? "b.good" : "b.bad", s.valid ? "v1 valid" : "v1 invalid"), `: ${s.detail}`] : "none"), this.message(r)];
	}

	response({ response: r }) {
		return [el("p.wire", r.status ? `${r.proto} ${r.status}` : r.detail ?? "No response."), timing(r.timingsMs), r.status && this.message(r)];
	}

	// What the receiver asked the provider's API stands between the attempts.
	async attempts(a) {
		if (a.title) return el("p", "A play has no deliveries.");
		const { app } = this, [d, { items }, asked] = await Promise.all([get(`/deliveries/${a.deliveryId}`), get(`/attempts?delivery=${a.deliveryId}&order=oldest&limit=1000`), app.asked(a)]);
		const all = [...items, ...asked.filter(r => r.startedAt >= items[0].startedAt)].sort((x, y) => x.startedAt < y.startedAt ? -1 : 1), due = d.state === "pending" && d.due;
		return [el("p", `The delivery is ${d.state}.`), el("ol.chain", all.map((x, i) => {
			const gap = i && Date.parse(x.startedAt) - Date.parse(all[i - 1].startedAt);
			return [gap > 999 && el("li.wait", `${span(gap)} later`), x.number ? el(x.outcome === "accepted" ? "li.good" : "li.bad", { ariaCurrent: String(x.id === a.id) },
				btn(`${x.number}: ${responseOf(x)} in ${span(x.tookMs)}`, () => app.open(x.id)), " ", exactTime(x.startedAt), x.replayOf && " same bytes", x.fault && ` ${x.fault}`) : el("li.wait", exactTime(x.startedAt), ` ${x.text}`)];
		}), due && el("li.next", "next attempt ", el("span", { "data-due": due }, until(app.left(due))))),
		/failed|dropped/.test(d.state) && btn("Requeue", async () => { await post(`/deliveries/${d.id}/requeue`); this.render(); }),
		due && app.clock.manual && btn("Advance to next attempt", () => app.advance(app.left(due) + "ms"))];
	}

	async diff(a) {
		let other = this.marked !== a && this.marked;
		if (!other) {
			const found = (await get(`/attempts?type=${a.eventType}&outcome=accepted&limit=2`)).items.find(x => x.id !== a.id);
			if (!found) return el("p", "No other accepted attempt.");
			other = await get(`/attempts/${found.id}`);
		}
		const response = x => `${responseOf(x)}\n${lines(x.response)}`;
		return [el("p", `- attempt ${other.id}, ${other === this.marked ? "marked" : "the last accepted one"}; + ${a.title ?? `attempt ${a.id}`}`),
			el("h3", "Request"), difference(lines(other.request), lines(a.request)), el("h3", "Response"), difference(response(other), response(a))];
	}
}

function timing({ dns, connect, tls, firstByte = 0, total }) {
	const phases = Object.entries({ name: dns, connect, TLS: tls, wait: firstByte, body: total - firstByte }).filter(([, ms]) => ms > 0);
	const bars = phases.map(([name]) => el("i." + name));
	bars.forEach((bar, i) => { bar.style.flexGrow = phases[i][1]; });
	return el("p.dim", el("span.timing", bars), phases.map(([name, ms]) => `${name} ${span(ms)}`).join(", "));
}

async function record(id) {
	const r = await get(`/records/${id}`);
	const value = v => isID(v) ? btn(short(v), () => { form.close(); return record(v); }) : Array.isArray(v) ? v.map(value) : typeof v === "object" ? JSON.stringify(v) : String(v);
	const form = dialog(`${r.kind} ${short(id)}`, [el("p.dim", id, r.deleted && ", deleted"), table(Object.entries({ ...r.related, ...r.values }).map(([name, v]) => [name, value(v)]))]);
}
