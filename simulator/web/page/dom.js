// Elements, messages and formats. Text becomes text nodes only, never markup.

export const $ = id => document.getElementById(id);

// el makes an element from "tag.class", children, and objects with properties or attributes.
export function el(name, ...children) {
	const [tag, ...classes] = name.split("."), e = document.createElement(tag);
	if (classes.length) e.className = classes.join(" ");
	for (const c of children.flat(Infinity)) {
		if (c == null || c === false) continue;
		if (c instanceof Node || typeof c !== "object") e.append(c);
		else for (const [key, value] of Object.entries(c)) if (value != null) key in e && key !== "list" ? e[key] = value : e.setAttribute(key, value);
	}
	return e;
}

// btn makes a button. With a reason it is disabled, and its title is the reason.
export const btn = (text, run, key, reason, ...more) => el("button", {
	type: "button", onclick: () => act(run), disabled: !!reason, title: reason || "", "aria-keyshortcuts": key,
}, key && el("kbd", key), text, ...more);

export const primary = { className: "primary" };

// say puts a result into the status line, which screen readers read out.
export function say(text, bad) {
	$("status").textContent = text;
	$("status").className = bad ? "bad" : "";
}

// act runs an action and shows its error. An error about the token opens a dialog instead.
export async function act(run) {
	try {
		return await run();
	} catch (error) {
		if (error.status !== 401) say(error.message, true);
	}
}

export async function copy(text, what) {
	await navigator.clipboard.writeText(text);
	say(`Copied ${what}.`);
}

// command shows a command with a button that copies it.
export const command = line => el("p.command", el("code", line), btn("Copy", () => copy(line, "the command"), null, "", { ariaLabel: "Copy the command" }));

// dialog shows a form. Enter submits it, Ctrl+Enter in a text area; it closes unless submit returns false.
export function dialog(title, content, submit) {
	const before = document.activeElement;
	const close = event => {
		event?.preventDefault();
		box.close();
		box.remove();
		before.focus();
	};
	const form = el("form", content, {
		async onsubmit(event) {
			event.preventDefault();
			if (await act(async () => await submit?.(form) !== false)) close();
		},
		onkeydown(event) {
			if (event.key === "Enter" && event.target.tagName === "TEXTAREA" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
		},
	});
	const box = el("dialog", { ariaLabel: title, oncancel: close }, el("h2", title, btn("Close", () => close(), "Esc")), form);
	document.body.append(box);
	box.showModal();
	return Object.assign(form, { close });
}

export const field = (label, ...input) => el("label", label, input);
export const inline = (input, ...label) => el("label.inline", input, label);
export const row = (name, ...value) => el("tr", el("th", { scope: "row" }, name), el("td", value));
export const table = (...rows) => el("table.plain", el("tbody", rows));

const two = (n, digits = 2) => String(n).padStart(digits, "0");

export function clockTime(time, millis = true) {
	const d = new Date(time);
	return isNaN(d) ? "" : `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}${millis ? "." + two(d.getMilliseconds(), 3) : ""}`;
}

export function dateTime(time) {
	const d = new Date(time);
	return `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())} ${clockTime(d, false)}`;
}

// span writes a duration in milliseconds.
export function span(ms) {
	const s = Math.round(ms / 1000);
	if (ms < 1000) return `${ms < 100 ? +ms.toFixed(1) : Math.round(ms)} ms`;
	if (s < 60) return `${s < 10 ? +(ms / 1000).toFixed(1) : s} s`;
	return s < 3600 ? `${Math.floor(s / 60)} min ${s % 60} s` : `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}

export const until = ms => ms > 0 ? `in ${span(Math.ceil(ms / 1000) * 1000)}` : "now";
export const number = n => n.toLocaleString("en");
export const count = (n, noun, nouns = noun + "s") => `${number(n)} ${n === 1 ? noun : nouns}`;
export const short = id => id.length > 4 ? "…" + id.slice(-4) : id;
export const isID = text => /^[0-9a-f]{24}$/.test(text);
export const kindOf = identifier => identifier.replace(/Id$/, "");
export const responseOf = a => a.unreadable ? "unreadable" : a.failure ? "no response" : String(a.status);
