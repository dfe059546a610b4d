// The control API: requests, problems, the token, and the stream.

import { dialog, el, field, primary, say } from "./dom.js";

export const isReceiver = location.pathname.startsWith("/_semblance/");
const base = isReceiver ? "" : "/api/v1";

// takeToken moves a token from the fragment, which no server sees, to this tab's storage.
export function takeToken() {
	const fragment = new URLSearchParams(location.hash.slice(1));
	if (!fragment.has("token")) return;
	sessionStorage.token = fragment.get("token");
	fragment.delete("token");
	history.replaceState(null, "", fragment.size ? "#" + fragment : location.pathname);
}

async function send(path, options = {}, headers = {}) {
	if (sessionStorage.token) headers["X-Token"] = sessionStorage.token;
	const response = await fetch(base + path, { ...options, headers }).catch(() => { throw new Error("Semblance does not respond. Is it running?"); });
	if (response.ok) return response;
	const { detail } = await response.json().catch(() => ({}));
	if (response.status === 401) askToken(detail);
	throw Object.assign(new Error(detail ?? `${response.status} ${response.statusText}`), { status: response.status });
}

// call sends a request and returns the JSON of the response, or its text.
export async function call(method, path, body) {
	const response = await send(path, { method, body: body && JSON.stringify(body) }, body && { "Content-Type": "application/json" });
	const text = await response.text();
	return response.headers.get("Content-Type")?.includes("json") && text ? JSON.parse(text) : text;
}

export const get = path => call("GET", path);
export const post = (path, body) => call("POST", path, body);

function askToken(why) {
	if (document.querySelector("dialog[aria-label=Token]")) return;
	dialog("Token", [el("p", why), field("Token, from the first lines of `semblance serve`", el("input", { name: "token", autocomplete: "off", required: true })),
		el("button", primary, "Use token")], form => {
		sessionStorage.token = form.elements.token.value.trim();
		location.reload();
	});
}

// follow reads the stream for ever and gives its records to take. After a reconnection, check returns the id to continue after.
export async function follow({ last, kinds, take, state, check }) {
	for (let wait = 250, first = true; ; first = false) {
		try {
			if (!first) last = await check(last);
			const response = await send(`/stream${kinds}`, {}, { "Last-Event-ID": String(last) });
			state(true);
			wait = 250;
			const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
			for (let rest = "", part; !(part = await reader.read()).done;) {
				const blocks = (rest + part.value).split("\n\n");
				rest = blocks.pop();
				const records = blocks.map(parse).filter(Boolean);
				if (!records.length) continue;
				last = take(records, last) ?? records.at(-1).id;
			}
		} catch (error) {
			if (error.status) say(error.message, true);
		}
		state(false);
		await new Promise(resolve => setTimeout(resolve, wait));
		wait = Math.min(wait * 2, 5000);
	}
}

// parse reads one server-sent event.
function parse(block) {
	const [, id, kind, data] = /^id: (\d+)\nevent: (.*)\ndata: (.*)$/.exec(block) ?? [];
	return data && { id: Number(id), kind, data: JSON.parse(data) };
}
