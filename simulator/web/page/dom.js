// Elements, messages, formats and differences. Text becomes text nodes only, never markup.

export const $ = id => document.getElementById(id);

// el makes an element of "tag.class", children, and objects with properties.
export function el(name, ...children) {
	const [tag, ...classes] = name.split("."), e = document.createElement(tag);
	if (classes[0]) e.className = classes.join(" ");
	for (const c of children.flat(Infinity)) {
		if (c == null || c === false) continue;
		if (c instanceof Node || typeof c !== "object") e.append(c);
		else for (const [key, value] of Object.entries(c)) if (value != null) key in e && key !== "list" ? e[key] = value : e.setAttribute(key, value);
	}
	return e;
}

export const btn = (text, run, key, more, reason) => el("button", { type: "button", onclick: () => act(run), "aria-keyshortcuts": key, disabled: !!reason, title: reason || "" }, key && el("kbd", { ariaHidden: "true" }, key), text, more);
export const primary = { className: "primary" };
export const region = (name, ...text) => el("pre", { tabIndex: 0, role: "region", ariaLabel: name }, text);

export function say(text, bad) {
	$("status").textContent = text;
	$("status").className = bad ? "bad" : "";
}

export async function act(run) {
	try {
		return await run();
	} catch (error) {
		if (error.status !== 401) say(error.message, true);
	}
}

export async function copy(text, what = "the command") {
	await (navigator.clipboard?.writeText(text) ?? prompt("Copy this:", text));
	say(`Copied ${what}.`);
}
export const copier = (text, what) => btn("Copy", () => copy(text, what), null, { ariaLabel: `Copy ${what ?? "the command"}` });
export const command = line => el("p.command", el("code", line), copier(line));

// dialog shows a form. Enter submits it, Ctrl+Enter in a text area.
export function dialog(title, content, submit) {
	const before = document.activeElement;
	function close(event) {
		event?.preventDefault();
		box.close();
		box.remove();
		before.focus();
	}
	const form = el("form", content, {
		async onsubmit(event) {
			event.preventDefault();
			if (await act(async () => await submit?.(form) !== false)) close();
		},
		onkeydown(event) { if (event.key === "Enter" && event.target.tagName === "TEXTAREA" && (event.ctrlKey || event.metaKey)) form.requestSubmit(); },
	});
	const box = el("dialog", { ariaLabel: title, oncancel: close }, el("h2", title, btn("Close", () => close(), "Esc")), form);
	document.body.append(box);
	box.showModal();
	return Object.assign(form, { close });
}

export const field = (label, ...input) => el("label", label, input);
export const inline = (...content) => el("label.inline", content);
export const table = rows => el("table.plain", el("tbody", rows.map(([name, ...value]) => el("tr", el("th", { scope: "row" }, name), el("td", value)))));

const two = (n, digits = 2) => String(n).padStart(digits, "0");
export const clockTime = (time, d = new Date(time)) => [d.getHours(), d.getMinutes(), d.getSeconds()].map(n => two(n)).join(":");
export const exactTime = (time, d = new Date(time)) => [clockTime(d), el("span.ms", "." + two(d.getMilliseconds(), 3))];
export const dateTime = (time, d = new Date(time)) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clockTime(d)}`;

export function span(ms) {
	const s = Math.round(ms / 1000), m = Math.floor(s / 60);
	return ms < 1000 ? `${+ms.toFixed(ms < 100 ? 1 : 0)} ms` : s < 60 ? `${+(ms / 1000).toFixed(s < 10 ? 1 : 0)} s` : m < 60 ? `${m} min ${s % 60} s` : `${Math.floor(m / 60)} h ${m % 60} min`;
}
export const until = ms => ms > 0 ? `in ${span(Math.ceil(ms / 1000) * 1000)}` : "now";
export const number = n => n.toLocaleString("en");
export const count = (n, noun, nouns = noun + "s") => `${number(n)} ${n === 1 ? noun : nouns}`;
export const deliveries = n => count(n, "delivery", "deliveries");
export const short = id => id.length > 4 ? "…" + id.slice(-4) : id;
export const isID = text => /^[0-9a-f]{24}$/.test(text);
export const kindOf = identifier => identifier.replace(/Id$/, "");
export const responseOf = a => a.unreadable ? "unreadable" : a.failure ? "no response" : String(a.status);

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

export const tabs = (names, current, open) => [el("div.tabs", { role: "tablist" }, names.map((name, i) => el("button", {
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
