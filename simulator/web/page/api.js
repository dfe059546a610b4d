// The API: requests, problems, the token, and the stream.

import { $, dialog, el, field, primary, say } from "./dom.js";

export const isReceiver = location.pathname.startsWith("/_semblance/");
const base = isReceiver ? "" : "/api/v1";

// A token comes in the fragment, which no server sees, and stays in the tab.
const fragment = new URLSearchParams(location.hash.slice(1));
if (fragment.has("token")) {
	sessionStorage.token = fragment.get("token");
	fragment.delete("token");
	setFragment(fragment);
}
export function setFragment(f) {
	if (String(f) !== location.hash.slice(1)) history.replaceState(null, "", f.size ? "#" + f : location.pathname);
}

async function send(path, options, headers = {}) {
	if (sessionStorage.token) headers["X-Token"] = sessionStorage.token;
	const response = await fetch(base + path, { ...options, headers }).catch(() => { throw new Error("Semblance does not respond."); });
	if (response.ok) return response;
	const { detail = `${response.status} ${response.statusText}` } = await response.json().catch(() => ({}));
	if (response.status === 401 && !document.querySelector("dialog[aria-label=Token]")) {
		dialog("Token", [el("p", detail), field("Token that `semblance serve` printed", el("input", { name: "token", autocomplete: "off", required: true })), el("button", primary, "Use token")], form => {
			sessionStorage.token = form.elements.token.value.trim();
			location.reload();
		});
	}
	throw Object.assign(new Error(detail), { status: response.status });
}

export async function call(method, path, body) {
	const response = await send(path, { method, body: body && JSON.stringify(body) }, body && { "Content-Type": "application/json" });
	const text = await response.text();
	return text && response.headers.get("Content-Type").includes("/json") ? JSON.parse(text) : text;
}
export const get = path => call("GET", path);
export const post = (path, body) => call("POST", path, body);

// follow reads the stream for ever. check and take return the id to continue after, take only another one.
export async function follow(kinds, check, take) {
	for (let last, wait = 250; ;) {
		try {
			last = await check(last);
			const response = await send("/stream" + kinds, {}, { "Last-Event-ID": String(last) });
			state(true);
			wait = 250;
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			for (let rest = "", part; !(part = await reader.read()).done;) {
				const blocks = (rest + part.value).split("\n\n");
				rest = blocks.pop();
				const records = blocks.map(parse).filter(Boolean);
				if (records[0]) last = await take(records, last) ?? records.at(-1).id;
			}
		} catch (error) {
			if (error.status) say(error.message, true);
		}
		state(false);
		await new Promise(resolve => setTimeout(resolve, wait));
		wait = Math.min(wait * 2, 5000);
	}
}

function state(live) {
	const text = live ? "live" : "reconnecting";
	if ($("live").textContent === text) return;
	$("live").textContent = text;
	$("live").className = live ? "dot good" : "dot bad";
	say(live ? "" : "Reconnecting… No attempt will be missed.");
}

function parse(block) {
	const [, id, kind, data] = /^id: (\d+)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
	return data && { id: Number(id), kind, data: JSON.parse(data) };
}
