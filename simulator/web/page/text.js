// Headers and bodies as text, and the difference of two texts.

import { btn, count, el, row, table } from "./dom.js";

// visible shows characters that a browser would obey: controls and changes of direction.
const visible = text => text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/g, c =>
	c < " " ? String.fromCharCode(0x2400 + c.charCodeAt()) : `⟨U+${c.charCodeAt().toString(16)}⟩`);

// indent puts white space between the tokens of a JSON text, and changes no token.
function indent(text) {
	try {
		JSON.parse(text);
	} catch {
		return text;
	}
	let depth = 0;
	const line = step => "\n" + "  ".repeat(depth += step);
	return text.replace(/("(?:[^"\\]|\\.)*")|\s+|([{[])\s*([}\]])|[{}[\],:]/g, (token, string, open, close) =>
		string ?? (open ? open + close : token === "{" || token === "[" ? token + line(1) : token === "}" || token === "]" ? line(-1) + token :
			token === "," ? token + line(0) : token === ":" ? ": " : ""));
}

function hex(bytes) {
	let text = "";
	for (let i = 0; i < Math.min(bytes.length, 4096); i += 16) {
		const part = [...bytes.slice(i, i + 16)];
		text += `${i.toString(16).padStart(4, "0")}  ${part.map(b => b.toString(16).padStart(2, "0")).join(" ").padEnd(48)} ${part.map(b => b > 31 && b < 127 ? String.fromCharCode(b) : ".").join("")}\n`;
	}
	return text;
}

const bytesOf = m => m.bodyBase64 ? Uint8Array.from(atob(m.bodyBase64), c => c.charCodeAt()) : new TextEncoder().encode(m.body ?? "");

// text returns the body of a request or response.
function text(m, raw) {
	if (m.bodyBase64) return raw ? hex(bytesOf(m)) : visible(new TextDecoder().decode(bytesOf(m)));
	return visible(raw ? m.body ?? "" : indent(m.body ?? ""));
}

// message shows the headers and the body of a request or response.
export function message(m, raw, toggle) {
	const got = bytesOf(m).length, size = m.size ?? got;
	return [table((m.headers ?? []).map(h => row(visible(h.name), visible(h.value)))),
		el("p.dim", size ? `Body: ${count(size, "byte")}` : "No body.", m.bodyBase64 && ", not UTF-8", m.truncated && `, the first ${count(got, "byte")} are shown`, " ",
			btn(raw ? "Formatted" : "Raw bytes", toggle, "b")),
		size ? el("pre", { tabIndex: 0, ariaLabel: "Body", role: "region" }, text(m, raw)) : null];
}

export const lines = m => [...(m.headers ?? []).map(h => visible(`${h.name}: ${h.value}`)), "", text(m)].join("\n");

// difference shows two texts line by line; equal lines far from a change are left out.
export function difference(before, after) {
	const a = before.split("\n").slice(0, 500), b = after.split("\n").slice(0, 500);
	const common = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1)); // lines that the rests have in common
	for (let i = a.length; i--;) for (let j = b.length; j--;) common[i][j] = a[i] === b[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
	const all = [];
	for (let i = 0, j = 0; i < a.length || j < b.length;) {
		if (i < a.length && a[i] === b[j]) all.push(["span", "  " + a[i++]]) && j++;
		else if (j === b.length || i < a.length && common[i + 1][j] >= common[i][j + 1]) all.push(["del", "- " + a[i++]]);
		else all.push(["ins", "+ " + b[j++]]);
	}
	const near = all.map((_, i) => all.slice(Math.max(0, i - 2), i + 3).some(([name]) => name !== "span"));
	return near.includes(true) ? el("pre.diff", { tabIndex: 0, ariaLabel: "Difference", role: "region" }, all.map(([name, line], i) => near[i] ? el(name, line + "\n") : near[i - 1] && "  …\n")) : el("p", "No difference.");
}
