// The page of a receiver: what arrived, and why it was refused.

import { $, act, body, command, copier, el, exactTime, headers, number, refill, region, response, responseOf, short, span, tabs, verdict } from "./dom.js";
import { follow, get } from "./api.js";
import { List } from "./list.js";
import { buttons, listen } from "./keys.js";

const refused = d => d.outcome === "refused", shown = d => ["Headers", "Body", "Signed content", ...d.forwarded ? ["Forwarded"] : []];
const send = `semblance send booking.created --to ${location.port}`;
let list, actions, current, timer, raw, tab = 0;

function open(i) {
	if (!shown(current ?? {})[i]) return;
	tab = i;
	if (current) render(current);
}

function render(d) {
	current = d;
	const { request: r, forwarded: f } = d, t = /t=([^,]*)/.exec(r.headers.find(h => h.name === "X-Webhook-Signature")?.value)?.[1] ?? "?", accepted = f?.status >= 200 && f.status < 300;
	tab = Math.min(tab, f ? 3 : 2);
	$("detail").hidden = false;
	refill($("detail"), el("span.narrow", buttons(actions, ["back"])), el("h2", d.eventType || "Unreadable"), el("p", verdict(!refused(d), `${d.status} ${d.outcome}`), d.eventId && ` event ${d.eventId}`),
		f && el("p", "Forwarded: ", verdict(accepted, responseOf(f)), ` in ${span(f.timingsMs.total)}`, accepted === refused(d) && `. They differ: this receiver ${accepted ? "refuses" : "accepts"} the request.`),
		d.detail && el("section.why", el("h3", "Why it was refused"), el("p", d.detail), d.fix && el("p", `fix: ${d.fix}`)), d.violations?.map(v => el("p.wire", `${v.pointer ?? ""} expected ${v.expected}, got ${v.got}`)),
		tabs(shown(d), tab, open));
	refill($("panel"), tab === 0 ? [el("p.wire", `${r.method} ${r.url} HTTP/${r.proto}`), headers(r)] : tab === 1 ? body(r, raw, actions.raw) :
		tab === 2 ? [el("p", "The signature covers t, a dot and the raw body:"), region("Signed content", `${t}.${r.body ?? ""}`)] : response(f, raw, actions.raw));
}

async function header() {
	const { totals, actWrong, secrets } = await get("/deliveries?limit=0");
	refill($("target"), el("b", actWrong ? `act-wrong: ${actWrong}` : "correct"), ...Object.entries(totals).filter(([name, n]) => n || name === "received").map(([name, n]) => el("span", `${name} ${number(n)}`)),
		...secrets.flatMap(s => [el("span", "secret ", el("code", s)), s.includes("…") ? "" : copier(s, "the secret")]));
}

async function check(last) {
	const { deliveries } = await get("/deliveries?limit=1000");
	await header();
	if ((deliveries.at(-1)?.id ?? 0) >= last) return last;
	list.clear();
	list.add(deliveries);
	return deliveries.at(-1)?.id ?? 0;
}

export function start() {
	document.title = document.querySelector("h1").textContent = "Semblance receiver";
	$("address").textContent = location.origin;
	list = new List({
		noun: "request", columns: ["time", "event", "id", "response", "outcome"], bad: "refused", kinds: { all: () => true, refused: row => refused(row.data) }, chosen: id => list.rows.has(id) && render(list.rows.get(id).data), hint: "Filter by type, id, status, body",
		cells: d => [exactTime(d.at), d.eventType ?? `${number(d.bytes)} bytes`, short(d.eventId ?? "—"), verdict(!refused(d), String(d.status)), [d.detail ? `refused: ${d.detail}` : d.outcome, d.forwarded && `; forwarded: ${responseOf(d.forwarded)}`]],
		words: d => [d.eventType, d.eventId, d.status, d.outcome, d.reason, d.detail, d.request.body],
	});
	actions = { ...list.actions, tab: key => open(key - 1), raw() { raw = !raw; open(tab); } };
	listen(actions);
	$("menu").append(...buttons(actions, ["help"]));
	$("empty").append(el("h2", "Nothing received yet."), el("p", "Send one from another terminal:"), command(send));
	$("journal").append("Send one: ", command(send));
	list.update();
	follow("", check, records => {
		list.add(records.map(r => r.data));
		clearTimeout(timer);
		timer = setTimeout(() => act(header), 200);
	});
}
