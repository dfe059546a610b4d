// The keys: action, names, text of the help and of the action's button.

import { act, btn, dialog, el, inline, table } from "./dom.js";

export const keys = `next|j ArrowDown|Next row
previous|k ArrowUp|Previous row
open|Enter|Open the row
back|Escape|Back
filter|/|Filter
failed|f|Failed rows only
resend|r|Resend
resendNew|R|Resend as new
edit|e|Edit and resend
copyCurl|c|Copy curl
copyCommand|y|Copy command
emit|n|Emit event
play|p|Play scenario
freeze|l|Freeze or follow the list
mark|m|Mark for the diff
tab|1 2 3 4|Tabs
raw|b|Raw bytes
newest|g|Newest row
oldest|G|Oldest row
help|?|Keys`.split("\n").map(line => line.split("|")).map(([action, names, text]) => ({ action, names: names.split(" "), text }));

// buttons makes buttons of actions with keys.
export const buttons = (actions, names, reason) => keys.filter(k => names.includes(k.action)).map(({ action, names: [key], text }) => btn(text, actions[action], key, null, reason));

export function listen(actions) {
	actions.help = () => dialog("Keys", [
		table(keys.filter(k => actions[k.action]).map(k => [k.names.map(name => el("kbd", name.replace("Arrow", ""))), k.text])),
		el("p.dim", "In dialogs Enter confirms, in text areas Ctrl+Enter or Cmd+Enter."),
		inline(el("input", { type: "checkbox", checked: !localStorage.keysOff, onchange() { localStorage.keysOff = this.checked ? "" : "1"; } }), "Keys are on"),
	]);
	addEventListener("keydown", event => {
		const { key, target } = event, action = actions[keys.find(k => k.names.includes(key))?.action];
		if (!action || event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]") || localStorage.keysOff && key !== "?" ||
			target.matches("input, textarea, select") || key === "Enter" && target.matches("button, summary")) return;
		event.preventDefault();
		act(() => action(key));
	});
}
