// The live list, newest row first.

import { $, btn, count, el, number, say } from "./dom.js";

const limit = 1000; // rows
const next = "nextElementSibling", previous = "previousElementSibling";

export class List {
	rows = new Map(); // by id, oldest first: { id, data, text, tr }
	filter = { text: "", only: "all" };
	waiting = null; // items, while the list is frozen
	queue = [];
	announced = 0;

	// options: noun, columns, cells(data), words(data) to search, kinds with conditions, bad (a kind), chosen(row), changed().
	constructor(options) {
		Object.assign(this, options);
		$("head").append(...this.columns.map(name => el("th." + name, { scope: "col" }, name)));
		$("rows").onclick = event => {
			const tr = event.target.closest("tr");
			if (!event.target.closest("button")) this.select(tr.row, true, true);
		};
		this.input = el("input", {
			type: "search", placeholder: "Filter", ariaLabel: "Filter", "aria-keyshortcuts": "/", oninput: () => this.setFilter({ text: this.input.value }),
			onkeydown: event => { if (event.key === "Escape" || event.key === "Enter") { event.stopPropagation(); this.focus(); } },
		});
		this.buttons = Object.keys(this.kinds).map(only => btn(only, () => this.setFilter({ only })));
		this.more = el("span");
		this.follow = btn("", () => this.freeze(), "l");
		$("filters").append(this.input, el("span.group", this.buttons), this.more, el("span.grow"), this.follow);
		$("nothing").append(btn("Clear filter", () => this.setFilter({ text: "", only: "all", eventType: "", subscriptionId: "" })));
		this.label();
	}

	get selected() { return this.rows.get(this.selectedId); }

	get actions() {
		return {
			next: () => this.move(next), previous: () => this.move(previous), newest: () => this.move(next, $("rows").firstElementChild), oldest: () => this.move(previous, $("rows").lastElementChild),
			back: () => { document.body.className = ""; this.focus(); }, filter: () => this.input.focus(), freeze: () => this.freeze(),
			failed: () => this.setFilter({ only: this.filter.only === this.bad ? "all" : this.bad }),
			open: () => { if (this.selected) { this.select(this.selected, true); $("detail").hidden = false; $("detail").focus(); } },
		};
	}

	setFilter(change) {
		Object.assign(this.filter, change);
		if (this.input.value !== this.filter.text) this.input.value = this.filter.text;
		this.rows.forEach(row => this.hide(row));
		this.update();
	}

	hide(row) {
		const { text, only, ...exact } = this.filter;
		if (row.tr) row.tr.hidden = !this.kinds[only](row) || Object.entries(exact).some(([key, value]) => value && row.data[key] !== value) || !text.toLowerCase().split(/\s+/).every(word => row.text.includes(word));
	}

	add(items) {
		if (this.waiting) {
			this.waiting = this.waiting.concat(items).slice(-limit);
			this.label();
			if (Date.now() - this.announced < 5000) return;
			this.announced = Date.now();
			return say(this.news() + ".");
		}
		if (!this.queue.length) document.hidden ? setTimeout(() => this.flush(), 500) : requestAnimationFrame(() => this.flush());
		for (const data of items) {
			if (this.rows.has(data.id)) continue;
			const row = { id: data.id, data, text: this.words(data).join(" ").toLowerCase() };
			this.rows.set(row.id, row);
			this.queue.push(row);
		}
	}

	// The selected row stays, however old it is.
	flush() {
		for (const row of this.rows.values()) {
			if (this.rows.size <= limit) break;
			if (row.id === this.selectedId) continue;
			row.tr?.remove();
			this.rows.delete(row.id);
		}
		const fresh = document.createDocumentFragment();
		for (const row of this.queue) {
			if (this.rows.get(row.id) !== row) continue;
			row.tr = Object.assign(el("tr", { tabIndex: -1, ariaSelected: "false" }), { row });
			this.fill(row);
			fresh.prepend(row.tr);
		}
		this.queue = [];
		$("rows").prepend(fresh);
		this.update();
	}

	fill(row) {
		if (!row?.tr) return;
		row.tr.replaceChildren(...this.cells(row.data).map((content, i) => el("td." + this.columns[i], content)));
		this.hide(row);
	}

	update() {
		const rows = [...this.rows.values()], shown = rows.filter(row => row.tr && !row.tr.hidden).length;
		Object.entries(this.kinds).forEach(([name, condition], i) => {
			this.buttons[i].textContent = `${name} ${number(rows.filter(condition).length)}`;
			this.buttons[i].ariaPressed = String(this.filter.only === name);
		});
		if (!this.selected) this.reach(this.first());
		$("table").hidden = $("filters").hidden = !rows.length;
		$("empty").hidden = !!rows.length;
		$("nothing").hidden = !rows.some(row => row.tr) || !!shown;
		$("nothing").firstChild.data = `No ${this.noun}s match ${this.filter.text || "the filter"}. `;
		$("counts").textContent = `${number(shown)} of ${count(rows.length, this.noun)} (limit ${number(limit)})`;
		this.changed?.();
	}

	// reach lets Tab reach a row.
	reach(tr) {
		if (this.tabbed) this.tabbed.tabIndex = -1;
		if (tr) tr.tabIndex = 0;
		this.tabbed = tr;
	}

	clear() {
		this.rows.clear();
		$("rows").replaceChildren();
		this.update();
	}

	select(row, opened, focus) {
		if (this.selected) this.selected.tr.ariaSelected = "false";
		this.selectedId = this.latest = row.id;
		row.tr.ariaSelected = "true";
		this.reach(row.tr);
		if (opened) document.body.className = "open";
		if (focus) this.focus();
		clearTimeout(this.timer);
		if (opened || innerWidth >= 700) this.timer = setTimeout(() => this.chosen(row), opened ? 0 : 80);
	}

	first(tr = $("rows").firstElementChild, to = next) {
		while (tr?.hidden) tr = tr[to];
		return tr;
	}

	focus() {
		const now = this.selected?.tr, tr = now?.hidden === false ? now : this.first();
		if (!tr) return document.activeElement.blur();
		tr.focus({ preventScroll: true });
		tr.scrollIntoView({ block: "nearest" });
	}

	// move scrolls only if the focus is not in the detail.
	move(to, from) {
		const now = this.selected?.tr, tr = from ? this.first(from, to) : now ? this.first(now[to], to) : this.first();
		if (tr) this.select(tr.row, false, !$("detail").contains(document.activeElement));
	}

	freeze() {
		const items = this.waiting;
		this.waiting = items ? null : [];
		if (items) this.add(items);
		this.label();
		say(items ? "The list follows." : "The list is frozen.");
	}

	news() { return `${number(this.waiting.length)} new, ${number(this.waiting.filter(data => this.kinds[this.bad]({ data })).length)} failed`; }
	label() { this.follow.lastChild.textContent = this.waiting ? `Follow${this.waiting.length ? ` (${this.news()})` : ""}` : "Freeze list"; }
}
