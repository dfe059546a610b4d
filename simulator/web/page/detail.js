// The detail of one attempt: why it failed, what can be done, and the tabs request, response, attempts and difference.

import { $, act, btn, clockTime, command, copy, dateTime, dialog, el, isID, kindOf, responseOf, row, say, short, span, table, until } from "./dom.js";
import { get, post } from "./api.js";
import { difference, lines, message } from "./text.js";

const tabs = ["Request", "Response", "Attempts", "Diff"];

export class Detail {
	tab = 0;
	raw = false;
	marked = null; // the attempt to compare with

	constructor(app) { this.app = app; }

	async show(id) {
		this.wanted = id;
		const full = await act(() => get(`/attempts/${id}`));
		if (full && this.wanted === id) this.render(full);
	}

	// showPlayed shows the exchange of a step of a play, which is not in the journal.
	showPlayed(title, { request, response, failures = [] }, rerun) {
		this.wanted = null;
		this.tab = 1;
		this.render({
			...request, ...response, request, response, rerun, title, tookMs: response.timingsMs.total, outcome: failures.length ? "refused" : "accepted",
			hint: failures.map(f => `${f.part} ${f.name ?? ""}${f.pointer ?? ""}: expected ${f.expected}, got ${f.got}`).join("\n"),
		});
		document.body.className = "open";
		$("detail").focus();
	}

	// reason says why the attempt cannot be sent again.
	get reason() { return !this.current ? "Select an attempt first." : this.current.rerun != null ? "This attempt belongs to a play; copy the command that repeats it." : this.current.unreadable ?? ""; }

	render(a = this.current) {
		const { actions } = this.app, focused = document.activeElement.id;
		this.current = a;
		$("detail").hidden = false;
		$("detail").replaceChildren(el("span.narrow", btn("Back", actions.back, "Esc")),
			el("h2", a.eventType || "Request"),
			el("p.dim", a.title ?? `attempt ${a.id}, no. ${a.number} of delivery ${short(a.deliveryId)}`, a.replayOf && `, same bytes as attempt ${a.replayOf}`, a.fault && `, fault ${a.fault}`),
			el("p", el(a.outcome === "accepted" ? "b.good" : "b.bad", responseOf(a)), ` in ${span(a.tookMs)} `, a.detail),
			el("p.actions", Object.entries(a.identifiers ?? {}).filter(([, id]) => isID(id)).map(([name, id]) => btn(`${kindOf(name)} ${short(id)}`, () => record(id)))),
			this.why(a),
			a.rerun ? command(a.rerun) : el("p.actions", btn("Resend", actions.resend, "r", this.reason), btn("Resend as new", actions.resendNew, "R", this.reason),
				btn("Edit and resend", actions.edit, "e", this.reason), btn("Copy curl", actions.copyCurl, "c", this.reason), btn("Copy command", actions.copyCommand, "y", this.reason),
				btn(this.marked === a ? "Marked" : "Mark", actions.mark, "m")),
			el("div.tabs", { role: "tablist", ariaLabel: "Parts of the attempt" }, tabs.map((name, i) => el("button", {
				type: "button", role: "tab", id: `tab${i + 1}`, ariaSelected: String(i === this.tab), "aria-controls": "panel", tabIndex: i === this.tab ? 0 : -1, onclick: () => this.open(i),
				onkeydown: event => this.open(i + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? NaN), true),
			}, name))),
			el("div", { id: "panel", role: "tabpanel", "aria-labelledby": `tab${this.tab + 1}` }));
		if (focused.startsWith("tab")) $(focused).focus();
		this.fill($("panel"));
	}

	open(tab, focus) {
		if (!tabs[tab]) return;
		this.tab = tab;
		if (!this.current) return;
		this.render();
		if (focus) $(`tab${tab + 1}`).focus();
	}

	async fill(panel) {
		const show = [this.request, this.response, this.attempts, this.diff][this.tab];
		const content = this.current.unreadable ? [el("p", this.current.unreadable)] : await act(() => show.call(this, this.current));
		if (content) panel.replaceChildren(...content.flat().filter(Boolean));
	}

	why({ hint, violations = [], request }) {
		const header = /signature/.test(hint) && request.headers.find(h => h.name === "X-Webhook-Signature")?.value;
		return (hint || violations.length > 0) && el("section.why", { ariaLabel: "Why" }, hint && [el("h3", "Why it failed"), el("p", `fix: ${hint}`)],
			header && [el("p", "Save the bytes that your receiver verifies as body.json, then run"), command(`semblance verify body.json --signature ${header} --at ${header.slice(2, 12)}`)],
			violations.length ? [el("h3", "The payload violates its schema"), violations.map(v => el("p.wire", v))] : null);
	}

	message(m) { return message(m, this.raw, this.app.actions.raw); }

	request({ request, signature }) {
		return [el("p.wire", `${request.method} ${request.url} HTTP/${request.proto}`), el("p", "Signature: ", signature ? [`t = ${clockTime(signature.signedAt, false)}, `,
			el(signature.valid ? "b.good" : "b.bad", signature.valid ? "v1 valid" : "v1 invalid"), `: ${signature.detail}`] : "none"), this.message(request)];
	}

	response({ response: r }) {
		return [el("p.wire", r.status ? `${r.proto} ${r.status}` : r.detail ?? "No response."), timing(r.timingsMs), r.status ? this.message(r) : null];
	}

	// attempts shows those of the delivery, and between them what the receiver asked the provider's API.
	async attempts(a) {
		if (!a.deliveryId) return [el("p", "A play has no deliveries.")];
		const { app } = this;
		const [delivery, { items }, asked] = await Promise.all([get(`/deliveries/${a.deliveryId}`), get(`/attempts?delivery=${a.deliveryId}&order=oldest&limit=1000`), app.asked(a)]);
		const all = [...items, ...asked].sort((x, y) => x.startedAt < y.startedAt ? -1 : 1);
		const due = delivery.state === "pending" && delivery.due;
		return [el("p", `The delivery is ${delivery.state}.`), el("ol.chain", all.map((x, i) => {
			const gap = i ? Date.parse(x.startedAt) - Date.parse(all[i - 1].startedAt) : 0;
			return [gap > 999 ? el("li.wait", `${span(gap)} later`) : null, x.number ? el(x.outcome === "accepted" ? "li.good" : "li.bad", { ariaCurrent: x.id === a.id ? "true" : "false" },
				btn(`${x.number}: ${responseOf(x)} in ${span(x.tookMs)}`, () => app.open(x.id)), ` ${clockTime(x.startedAt)} ${x.replayOf ? "same bytes " : ""}${x.fault ?? ""}`) :
				el("li.wait", `${clockTime(x.startedAt)} API: ${x.text}`)];
		}), due && el("li.next", "next attempt ", el("span", { "data-due": due }, until(app.left(due))))),
		delivery.state === "failed" || delivery.state === "dropped" ? btn("Requeue", async () => { await post(`/deliveries/${delivery.id}/requeue`); say("Queued again."); this.render(); }) : null,
		due && app.clock.manual && btn("Advance to next attempt", () => app.advanceTo(due))];
	}

	async diff(a) {
		let other = this.marked !== a && this.marked;
		if (!other) {
			const { items } = await get(`/attempts?type=${a.eventType}&outcome=accepted&limit=2`);
			const found = items.find(x => x.id !== a.id);
			if (!found) return [el("p", "No other attempt of this type was accepted yet. Key m marks an attempt to compare with.")];
			other = await get(`/attempts/${found.id}`);
		}
		return [el("p", `- attempt ${other.id}, ${other === this.marked ? "marked" : "the last accepted one"}; + ${a.title ?? `attempt ${a.id}`}`),
			el("h3", "Request"), difference(lines(other.request), lines(a.request)),
			el("h3", "Response"), difference(`${responseOf(other)}\n${lines(other.response)}`, `${responseOf(a)}\n${lines(a.response)}`)];
	}
}

// timing is a bar with the phases of an exchange.
function timing({ dns, connect, tls, firstByte = 0, total }) {
	const phases = [["name", dns], ["connect", connect], ["TLS", tls], ["wait", firstByte], ["body", total - firstByte]].filter(([, ms]) => ms > 0);
	const words = phases.map(([name, ms]) => `${name} ${span(ms)}`).join(", ");
	return el("p.dim", el("span.timing", { ariaHidden: "true" }, phases.map(([name, ms]) => {
		const bar = el("i." + name);
		bar.style.flexGrow = ms;
		return bar;
	})), words);
}

// record shows a record of the clinic. Its relations lead to others.
async function record(id) {
	const r = await get(`/records/${id}`);
	const show = v => isID(v) ? btn(short(v), () => { form.close(); return record(v); }) : Array.isArray(v) ? v.map(show) : typeof v === "object" ? JSON.stringify(v) : `${v}${/^\d{4}-\d\d-\d\dT/.test(v) ? ` (${dateTime(v)} here)` : ""}`;
	const form = dialog(`${r.kind} ${short(id)}`, [el("p.dim", id, r.deleted && ", deleted"), table(Object.entries({ ...r.related, ...r.values }).map(([name, value]) => row(name, show(value))))]);
}
