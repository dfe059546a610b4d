// The live list: a table with the newest row first, a filter, a selection and a limit.

import { $, btn, count, el, number, say } from "./dom.js";

const limit = 1000; // rows

export class List {
	rows = new Map(); // by id, oldest first: { id, data, text, tr }
	filter = { text: "", only: "all" };
	waiting = null; // items that came while the list is frozen
	queue = []; // rows that the next frame shows
	announced = 0;

	// options: columns; cells(data) for a row; words(data) that the filter searches; kinds, the buttons of the filter with their
	// conditions; failed(data); noun; selected(row, opened) and changed(), called after every change.
	constructor(options) {
		Object.assign(this, options);
		$("head").append(...this.columns.map(name => el("th." + name, { scope: "col" }, name)));
		$("rows").onclick = event => {
			const tr = event.target.closest("tr");
			if (tr && !event.target.closest("button")) this.select(tr.row, true, true);
		};
		const leave = event => { if (event.key === "Escape" || event.key === "Enter") { event.stopPropagation(); this.focus(); } };
		this.input = el("input", {
			type: "search", placeholder: "Filter", ariaLabel: "Filter", "aria-keyshortcuts": "/", spellcheck: false, onkeydown: leave,
			oninput: () => this.setFilter({ text: this.input.value }),
		});
		this.buttons = this.kinds.map(([only]) => btn(only, () => this.setFilter({ only })));
		this.more = el("span"); // further filters of the page
		this.follow = btn("", () => this.freeze(), "l");
		$("filters").append(this.input, el("span.group", this.buttons), this.more, el("span.grow"), this.follow);
		this.label();
	}

	get selected() { return this.rows.get(this.selectedId); }

	setFilter(change) {
		Object.assign(this.filter, change);
		if (this.input.value !== this.filter.text) this.input.value = this.filter.text;
		for (const row of this.rows.values()) this.hide(row);
		this.update();
	}

	hide(row) {
		const { text, only, ...exact } = this.filter;
		const condition = this.kinds.find(([name]) => name === only)?.[1];
		if (row.tr) {
			row.tr.hidden = condition && !condition(row) || Object.entries(exact).some(([key, value]) => value && row.data[key] !== value) ||
				!text.toLowerCase().split(/\s+/).every(word => row.text.includes(word));
		}
	}

	// add adds items, oldest first.
	add(items) {
		if (this.waiting) {
			this.waiting = this.waiting.concat(items).slice(-limit);
			this.label();
			if (Date.now() - this.announced > 5000) {
				this.announced = Date.now();
				say(this.news() + ".");
			}
			return;
		}
		if (!this.queue.length) document.hidden ? setTimeout(() => this.flush(), 500) : requestAnimationFrame(() => this.flush());
		for (const data of items) {
			if (this.rows.has(data.id)) continue;
			const row = { id: data.id, data, text: this.words(data).toLowerCase() };
			this.rows.set(row.id, row);
			this.queue.push(row);
		}
		if (!this.queue.length) this.update();
	}

	// flush shows the rows of the queue and removes the oldest ones beyond the limit, except the selected one.
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
		row.tr.replaceChildren(...this.cells(row.data).map((content, i) => el("td." + this.columns[i], content)));
		this.hide(row);
	}

	// refresh shows a row anew, because what it depends on has changed.
	refresh(id) {
		const row = this.rows.get(id);
		if (row?.tr) this.fill(row);
	}

	update() {
		const rows = [...this.rows.values()], shown = rows.filter(row => row.tr && !row.tr.hidden).length;
		this.kinds.forEach(([name, condition], i) => {
			this.buttons[i].textContent = `${name} ${number(condition ? rows.filter(condition).length : rows.length)}`;
			this.buttons[i].ariaPressed = String(this.filter.only === name);
		});
		if (!this.selected) { // Tab reaches the first row
			const first = this.first();
			if (this.tabbed !== first) {
				if (this.tabbed) this.tabbed.tabIndex = -1;
				this.tabbed = first;
				if (first) first.tabIndex = 0;
			}
		}
		$("table").hidden = $("filters").hidden = !rows.length;
		$("empty").hidden = !!rows.length;
		$("nothing").hidden = !rows.length || !!shown || !rows.some(row => row.tr);
		$("nothing").firstChild.textContent = `No ${this.noun}s match ${this.filter.text || "the filter"}. `;
		$("counts").textContent = `${number(shown)} of ${count(rows.length, this.noun)} (limit ${number(limit)})`;
		this.changed();
	}

	clear() {
		this.rows.clear();
		$("rows").replaceChildren();
		this.update();
	}

	select(row, opened, focus) {
		if (this.tabbed) {
			this.tabbed.ariaSelected = "false";
			this.tabbed.tabIndex = -1;
		}
		this.selectedId = row.id;
		this.tabbed = row.tr;
		row.tr.ariaSelected = "true";
		row.tr.tabIndex = 0;
		if (focus) this.focus();
		this.chosen(row, opened);
	}

	first(from = $("rows").firstElementChild, next = "nextElementSibling") {
		while (from?.hidden) from = from[next];
		return from;
	}

	// focus puts the focus on the selected row, or on the first one if that is hidden.
	focus() {
		const chosen = this.selected?.tr, tr = chosen?.hidden === false ? chosen : this.first();
		if (!tr) return document.activeElement.blur();
		tr.focus({ preventScroll: true });
		tr.scrollIntoView({ block: "nearest" });
	}

	// move selects the next row in a direction. The page scrolls only if the focus is not in the detail.
	move(next) {
		const now = this.selected?.tr, to = now ? this.first(now[next], next) : this.first();
		if (to) this.select(to.row, false, !$("detail").contains(document.activeElement));
	}

	// edge selects the newest or the oldest row.
	edge(newest) {
		const to = newest ? this.first() : this.first($("rows").lastElementChild, "previousElementSibling");
		if (to) this.select(to.row, false, true);
	}

	// freeze stops the list, or lets it follow again.
	freeze() {
		const items = this.waiting;
		this.waiting = items ? null : [];
		if (items) this.add(items);
		this.label();
		say(items ? "The list follows new rows." : "The list is frozen. New rows wait.");
	}

	news() { return `${number(this.waiting.length)} new, ${number(this.waiting.filter(this.failed).length)} failed`; }

	label() {
		this.follow.lastChild.textContent = !this.waiting ? "Freeze list" : this.waiting.length ? `Follow (${this.news()})` : "Follow";
	}
}
