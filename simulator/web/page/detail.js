// The detail of one attempt.

import { $, act, body, btn, clockTime, command, dialog, difference, el, exactTime, headers, isID, kindOf, lines, refill, response, responseOf, short, span, table, tabs, until, verdict } from "./dom.js";
import { get, post } from "./api.js";
import { asked } from "./dialogs.js";
import { buttons } from "./keys.js";
import { app } from "./provider.js";

const names = ["Request", "Response", "Attempts", "Diff"];

export class Detail {
	tab = 0;
	raw = false;
	marked = null;

	async show(id) {
		const full = await get(`/attempts/${id}`);
		if (app.list.selectedId === id) this.render(full);
	}

	showPlayed(title, { request, response }, rerun, hint) {
		app.list.select(null, true);
		this.tab = 1;
		this.render({ ...request, ...response, request, response, rerun, title, tookMs: response.timingsMs.total, outcome: hint ? "refused" : "accepted", hint });
		$("detail").focus();
	}

	get reason() {
		const { current: a } = this;
		return !a ? "Select an attempt first." : a.title ? "Attempts of a play cannot be resent." : a.unreadable ?? (!app.subscriptions[0] || app.subscriptions.some(s => s.id === a.subscriptionId) ? "" : "The subscription was deleted.");
	}

	render(a = this.current) {
		if (!a) return;
		const { actions } = app, { reason } = Object.assign(this, { current: a }), { hint = "", violations = [] } = a;
		$("detail").hidden = false;
		refill($("detail"), el("span.narrow", buttons(actions, ["back"])), el("h2", a.eventType || "Request"),
			el("p.dim", a.title ?? `attempt ${a.id}, no. ${a.number} of delivery ${short(a.deliveryId)}`, a.replayOf && `, same bytes as attempt ${a.replayOf}`, a.fault && `, fault ${a.fault}`),
			el("p", verdict(a.outcome === "accepted", responseOf(a)), ` in ${span(a.tookMs)}`, a.detail && `: ${a.detail}`),
			el("p.actions", Object.entries(a.identifiers ?? {}).filter(([, id]) => isID(id)).map(([name, id]) => btn(`${kindOf(name)} ${short(id)}`, () => record(id)))),
			(hint || violations[0]) && el("section.why", hint && [el("h3", "Why it failed"), el("p", `fix: ${hint}`)],
				a.hintCommand && [el("p", "Save the bytes that your receiver verifies as body.json and run"), command(a.hintCommand)],
				violations[0] && [el("h3", "Schema violations"), violations.map(v => el("p.wire", v))]),
			a.rerun ? command(a.rerun) : [el("p.actions", buttons(actions, ["resend", "resendNew", "edit", "copyCurl", "copyCommand", "mark"], reason)), reason && el("p.dim", reason)],
			tabs(names, this.tab, tab => this.open(tab)));
		this.fill($("panel"));
	}

	open(tab) {
		if (!names[tab]) return;
		this.tab = tab;
		this.render();
	}

	async fill(panel) {
		const a = this.current, content = a.unreadable ? el("p", a.unreadable) : await act(() => this[names[this.tab].toLowerCase()](a));
		panel.append(...el("div", content).children);
	}

	request({ request: r, signature: s, startedAt }) {
		const age = s?.signedAt && Date.parse(startedAt) - Date.parse(s.signedAt);
		return [el("p.wire", `${r.method} ${r.url} HTTP/${r.proto}`), el("p", "Signature: ", s ? [age != null && `t = ${clockTime(s.signedAt)}, ${span(Math.abs(age))} ${age < 0 ? "after" : "before"} the request; `, verdict(s.valid, s.valid ? "v1 valid" : "v1 invalid"), `: ${s.detail}`] : "none"), headers(r), body(r, this.raw, app.actions.raw)];
	}

	response(a) { return response(a.response, this.raw, app.actions.raw); }

	// API requests of the receiver stand between the attempts.
	async attempts(a) {
		if (a.title) return el("p", "A play has no deliveries.");
		const [d, { items }, requests] = await Promise.all([get(`/deliveries/${a.deliveryId}`), get(`/attempts?delivery=${a.deliveryId}&order=oldest&limit=1000`), asked(Object.values(a.identifiers).filter(isID))]);
		const all = [...items, ...requests.filter(r => r.startedAt >= items[0].startedAt)].sort((x, y) => x.startedAt < y.startedAt ? -1 : 1), due = d.state === "pending" && d.due;
		return [el("p", `The delivery is ${d.state}.`), el("ol.chain", all.map((x, i) => {
			const gap = i && Date.parse(x.startedAt) - Date.parse(all[i - 1].startedAt);
			return [gap > 999 && el("li.wait", `${span(gap)} later`), x.number ? el(x.outcome === "accepted" ? "li.good" : "li.bad", { ariaCurrent: String(x.id === a.id) },
				btn(`${x.number}: ${responseOf(x)} in ${span(x.tookMs)}`, () => app.list.select(x.id, true)), " ", exactTime(x.startedAt), x.replayOf && " same bytes", x.fault && ` ${x.fault}`) : el("li.wait", exactTime(x.startedAt), ` ${x.text}`)];
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
		const text = x => `${lines(x.request)}\n\n${responseOf(x)}\n${lines(x.response)}`;
		return [el("p", `- attempt ${other.id}, ${other === this.marked ? "marked" : "the last accepted one"}; + ${a.title ?? `attempt ${a.id}`}`), difference(text(other), text(a))];
	}
}

async function record(id) {
	const r = await get(`/records/${id}`);
	const value = v => isID(v) ? btn(short(v), () => { form.close(); return record(v); }) : Array.isArray(v) ? v.map(value) : typeof v === "object" ? JSON.stringify(v) : String(v);
	const form = dialog(`${r.kind} ${short(id)}`, [el("p.dim", id, r.deleted && ", deleted"), table(Object.entries({ ...r.related, ...r.values }).map(([name, v]) => [name, value(v)]))]);
}
