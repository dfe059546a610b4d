// Headers, bodies, tabs and differences.

import { btn, count, el, region, table } from "./dom.js";

// visible shows controls and changes of direction, which a browser would obey.
const visible = text => text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, c => c < " " ? String.fromCharCode(0x2400 + c.charCodeAt()) : `⟨U+${c.charCodeAt().toString(16)}⟩`);

// indent puts white space between the tokens of a JSON text, and changes no token.
function indent(text) {
	try {
		JSON.parse(text);
	} catch {
		return text;
	}
	let depth = 0;
	const line = step => "\n" + "  ".repeat(depth += step);
	return text.replace(/("(?:[^"\\]|\\.)*")|\s+|([{[])\s*([}\]])|[{}[\],:]/g, (token, string, open, close) => string ?? (open ? open + close :
		"{[".includes(token) ? token + line(1) : "}]".includes(token) ? line(-1) + token : token === "," ? token + line(0) : token === ":" ? ": " : ""));
}

const bytesOf = m => m.bodyBase64 ? Uint8Array.from(atob(m.bodyBase64), c => c.charCodeAt()) : new TextEncoder().encode(m.body);
const textOf = (m, raw) => m.bodyBase64 && raw ? [...bytesOf(m)].map(b => b.toString(16).padStart(2, "0")).join(" ") : visible((raw ? String : indent)(m.body ?? new TextDecoder().decode(bytesOf(m))));

export const headers = m => table((m.headers ?? []).map(h => [visible(h.name), visible(h.value)]));
export const lines = m => [...(m.headers ?? []).map(h => visible(`${h.name}: ${h.value}`)), "", textOf(m)].join("\n");

export function body(m, raw, toggle) {
	const got = bytesOf(m).length, size = m.size ?? got;
	return [el("p.dim", size ? `Body: ${count(size, "byte")}` : "No body.", m.bodyBase64 && ", not UTF-8", m.truncated && `, the first ${count(got, "byte")} are shown`, " ", btn(raw ? "Formatted" : "Raw bytes", toggle, "b")),
		size > 0 && region("Body", textOf(m, raw))];
}

export const tabs = (names, current, open) => [el("div.tabs", { role: "tablist", ariaLabel: "Parts" }, names.map((name, i) => el("button", {
	type: "button", role: "tab", id: `tab${i + 1}`, ariaSelected: String(i === current), "aria-controls": "panel", tabIndex: i === current ? 0 : -1, onclick: () => open(i),
	onkeydown(event) { if (/Arrow(L|R)/.test(event.key)) open(i + (event.key === "ArrowRight" ? 1 : -1), true); },
}, name))), el("div", { id: "panel", role: "tabpanel", "aria-labelledby": `tab${current + 1}` })];

// difference shows two texts line by line, without equal lines far from a change.
export function difference(before, after) {
	const a = before.split("\n").slice(0, 500), b = after.split("\n").slice(0, 500), all = [];
	const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
	for (let i = a.length; i--;) for (let j = b.length; j--;) common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
	for (let i = 0, j = 0; i < a.length || j < b.length;) {
		if (i < a.length && a[i] === b[j]) all.push(["span", "  " + a[i++]]) && j++;
		else if (j === b.length || i < a.length && common[i + 1][j] >= common[i][j + 1]) all.push(["del", "- " + a[i++]]);
		else all.push(["ins", "+ " + b[j++]]);
	}
	const near = all.map((_, i) => all.slice(Math.max(0, i - 2), i + 3).some(([name]) => name !== "span"));
	return near.includes(true) ? region("Difference", all.map(([name, line], i) => near[i] ? el(name, line + "\n") : near[i - 1] && "  …\n")) : el("p", "No difference.");
}
