// The page of a receiver: what arrived, and why it was refused.

import { $, act, body, btn, command, copier, el, exactTime, headers, number, region, short, tabs } from "./dom.js";
import { follow, get } from "./api.js";
import { List } from "./list.js";
import { listen } from "./keys.js";

const refused = d => d.outcome === "refused", names = ["Headers", "Body", "Signed content"];
let list, actions, current, timer, raw, tab = 0;

function open(i, focus) {
	if (!names[i]) return;
	tab = i;
	if (current) render(current);
	if (focus) $(`tab${i + 1}`)?.focus();
}

function render(d) {
	current = d;
	const { request: r } = d, t = /t=([^,]*)/.exec(r.headers.find(h => h.name === "X-Webhook-Signature")?.value)?.[1] ?? "?";
	$("detail").hidden = false;
	$("detail").replaceChildren(...el("div", el("span.narrow", btn("Back", actions.back, "Esc")), el("h2", d.eventType || "Unreadable"), el("p", el(refused(d) ? "b.bad" : "b.good", `${d.status} ${d.outcome}`), d.eventId && ` event ${d.eventId}`),
		d.detail && el("section.why", el("h3", "Why it was refused"), el("p", d.detail), d.fix && el("p", `fix: ${d.fix}`)), d.violations?.map(v => el("p.wire", `${v.pointer ?? ""} expected ${v.expected}, got ${v.got}`)),
		tabs(names, tab, open)).children);
	$("panel").append(...el("div", tab === 0 ? [el("p.wire", `${r.method} ${r.url} HTTP/${r.proto}`), headers(r)] : tab === 1 ? body(r, raw, actions.raw) : [el("p", "The signature covers t, a dot and the raw body:"), region("Signed content", `${t}.${r.body ?? ""}`)]).children);
}

async function header() {
	const { totals, actWrong, secrets } = await get("/deliveries?limit=0");
	$("target").replaceChildren(el("b", actWrong ? `act-wrong: ${actWrong}` : "correct"), ...Object.entries(totals).filter(([name, n]) => n || name === "received").map(([name, n]) => el("span", `${name} ${number(n)}`)),
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
		noun: "request", columns: ["time", "event", "id", "response", "outcome"], bad: "refused", kinds: { all: () => true, refused: row => refused(row.data) }, chosen: row => render(row.data),
		cells: d => [exactTime(d.at), d.eventType ?? `${number(d.bytes)} bytes`, short(d.eventId ?? "—"), el(refused(d) ? "b.bad" : "span.good", String(d.status)), d.detail ? `refused: ${d.detail}` : d.outcome],
		words: d => [d.eventType, d.eventId, d.status, d.outcome, d.reason, d.detail, d.request.body],
	});
	actions = { ...list.actions, tab1: () => open(0), tab2: () => open(1), tab3: () => open(2), raw() { raw = !raw; open(tab); } };
	listen(actions);
	$("menu").append(btn("Keys", actions.help, "?"));
	$("empty").append(el("h2", "Nothing received yet."), el("p", "Send one from another terminal:"), command(`semblance send booking.created --to ${location.port}`));
	list.update();
	follow("", check, records => {
		list.add(records.map(r => r.data));
		clearTimeout(timer);
		timer = setTimeout(() => act(header), 200);
	});
}
