// The keys: action, names, description.

import { dialog, el, inline, table } from "./dom.js";

export const keys = `next|j ArrowDown|next row
previous|k ArrowUp|previous row
open|Enter|open the row
back|Escape|back to the row
filter|/|filter
failed|f|failed rows only
resend|r|resend the same bytes
resendNew|R|resend as new
edit|e|edit and resend
copyCurl|c|copy curl
copyCommand|y|copy command
emit|n|emit event
play|p|play a scenario
freeze|l|freeze the list
mark|m|mark for Diff
tab1|1|first tab
tab2|2|second tab
tab3|3|third tab
tab4|4|fourth tab
raw|b|raw bytes
newest|g|newest row
oldest|G|oldest row
help|?|show the keys`.split("\n").map(line => line.split("|")).map(([action, names, text]) => ({ action, names: names.split(" "), text }));

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
		action();
	});
}
