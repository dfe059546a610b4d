// Elements, messages, formats and differences. Text becomes text nodes, never markup.

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

// refill replaces the content. The focus stays on the button in the same place.
export function refill(parent, ...children) {
	const buttons = () => [...parent.querySelectorAll("button")], at = buttons().indexOf(document.activeElement);
	parent.replaceChildren(...el("div", children).childNodes);
	buttons()[at]?.focus({ preventScroll: true });
}

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
	const close = () => box.close(), form = el("form", content, {
		async onsubmit(event) {
			event.preventDefault();
			if (await act(async () => await submit?.(form) !== false)) close();
		},
		onkeydown({ key, ctrlKey, metaKey, target }) { if (key === "Enter" && (ctrlKey || metaKey) && target.rows) form.requestSubmit(); },
	});
	const box = el("dialog", { ariaLabel: title, onclose: () => box.remove() }, el("h2", title, btn("Close", close, "Esc")), form);
	document.body.append(box);
	box.showModal();
	return Object.assign(form, { close });
}

export const field = (label, ...input) => el("label", label, input);
export const inline = (...content) => el("label.inline", content);
export const table = rows => el("table.plain", el("tbody", rows.map(([name, ...value]) => el("tr", el("th", { scope: "row" }, name), el("td", value)))));

const iso = new Intl.DateTimeFormat("sv", { dateStyle: "short", timeStyle: "medium" }); // Swedes write ISO 8601
export const dateTime = time => iso.format(new Date(time));
export const clockTime = time => dateTime(time).slice(11);
export const exactTime = time => [clockTime(time), el("span.ms", "." + String(new Date(time).getMilliseconds()).padStart(3, "0"))];

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
export const verdict = (good, text) => el(good ? "b.good" : "b.bad", text);
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
export const hex = bytes => Array.from(bytes, b => b.toString(16).padStart(2, "0"));
const textOf = (m, raw) => m.bodyBase64 && raw ? hex(bytesOf(m)).join(" ") : visible((raw ? String : indent)(m.body ?? new TextDecoder().decode(bytesOf(m))));

export const headers = m => table((m.headers ?? []).map(h => [visible(h.name), visible(h.value)]));
export const lines = m => [...(m.headers ?? []).map(h => visible(`${h.name}: ${h.value}`)), "", textOf(m)].join("\n");

export function body(m, raw, toggle) {
	const got = bytesOf(m).length, size = m.size ?? got;
	return [el("p.dim", size ? `Body: ${count(size, "byte")}` : "No body.", m.bodyBase64 && ", not UTF-8", m.truncated && `, the first ${count(got, "byte")} are shown`, " ", btn(raw ? "Formatted" : "Raw bytes", toggle, "b")),
		size > 0 && region("Body", textOf(m, raw))];
}

export const response = (r, raw, toggle) => [el("p.wire", r.status ? `${r.proto} ${r.status}` : r.detail ?? "No response."), timing(r.timingsMs), r.status && [headers(r), body(r, raw, toggle)]];

function timing({ dns, connect, tls, firstByte = 0, total }) {
	const phases = Object.entries({ name: dns, connect, TLS: tls, wait: firstByte, body: total - firstByte }).filter(([, ms]) => ms > 0);
	const bars = phases.map(([name]) => el("i." + name));
	bars.forEach((bar, i) => { bar.style.flexGrow = phases[i][1]; });
	return el("p.dim", el("span.timing", bars), phases.map(([name, ms]) => `${name} ${span(ms)}`).join(", "));
}

export const tabs = (names, current, open) => [el("div.tabs", { role: "tablist" }, names.map((name, i) => el("button", {
	role: "tab", id: `tab${i + 1}`, ariaSelected: String(i === current), "aria-controls": "panel", tabIndex: i === current ? 0 : -1, onclick: () => open(i),
	onkeydown({ key }) {
		if (!/Arrow(L|R)/.test(key)) return;
		const to = key === "ArrowRight" ? i + 1 : i - 1;
		open(to);
		$(`tab${to + 1}`)?.focus();
	},
}, name))), el("div", { id: "panel", role: "tabpanel", "aria-labelledby": `tab${current + 1}` })];

// difference shows two texts line by line.
export function difference(before, after) {
	if (before === after) return el("p", "No difference.");
	const a = before.split("\n"), b = after.split("\n"), inA = new Set(a), inB = new Set(b), all = [];
	for (let i = 0, j = 0; i < a.length || j < b.length;) {
		if (i < a.length && a[i] === b[j]) all.push(el("span", "  ", a[i++])) && j++;
		else if (j < b.length && (i === a.length || inB.has(a[i]) && !inA.has(b[j]))) all.push(el("ins", "+ ", b[j++]));
		else all.push(el("del", "- ", a[i++]));
	}
	return region("Difference", all);
}
