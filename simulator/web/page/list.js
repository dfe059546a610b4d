// The live list, newest row first.

import { $, act, btn, count, el, number, refill, say } from "./dom.js";

const limit = 1000; // rows
const next = "nextElementSibling", previous = "previousElementSibling";
const older = (a, b) => a.id - b.id;

export class List {
	rows = new Map(); // by id, oldest first: { id, data, text, tr }
	filter = { q: "", o: "" }; // as in the fragment: a text, a kind, values of fields
	queue = []; // rows to show
	frozen = false;
	announced = 0;

	// options: noun, hint of the filter, columns, cells(data), words(data) to search, kinds with conditions, bad (a kind), chosen(id), changed().
	constructor(options) {
		Object.assign(this, options);
		$("head").append(...this.columns.map(name => el("th." + name, { scope: "col" }, name)));
		$("rows").onclick = event => {
			if (!event.target.closest("button")) this.select(event.target.closest("tr").row.id, true, true);
		};
		this.input = el("input", {
			type: "search", name: "q", placeholder: this.hint, ariaLabel: "Filter", oninput: () => this.setFilter({ q: this.input.value }),
			onkeydown: ({ key }) => { if (/Escape|Enter/.test(key)) this.focus(); },
		});
		this.buttons = Object.keys(this.kinds).map(o => btn(o, () => this.setFilter({ o })));
		this.more = el("span");
		this.follow = btn("", () => this.freeze(), "l");
		$("filters").append(this.input, el("span.group", this.buttons), this.more, el("span.grow"), this.follow);
		$("nothing").append(btn("Clear filter", () => this.resetFilter()));
		this.label();
	}

	get selected() { return this.rows.get(this.selectedId); }

	get actions() {
		return {
			next: () => this.move(next), previous: () => this.move(previous), newest: () => this.move(next, $("rows").firstElementChild), oldest: () => this.move(previous, $("rows").lastElementChild),
			back: () => { document.body.className = ""; this.focus(); }, filter: () => this.input.focus(), freeze: () => this.freeze(),
			failed: () => this.setFilter({ o: this.filter.o === this.bad ? "" : this.bad }),
			open: () => { if (this.selected) { this.select(this.selectedId, true); $("detail").hidden = false; $("detail").focus(); } },
		};
	}

	resetFilter(filter) {
		this.filter = { q: "", o: "" };
		this.setFilter(filter);
	}

	setFilter(change) {
		Object.assign(this.filter, change);
		for (const e of [this.input, ...this.more.children]) if (e.value !== this.filter[e.name]) e.value = this.filter[e.name] ?? "";
		this.rows.forEach(row => this.hide(row));
		this.update();
	}

	hide(row) {
		const { q, o, ...exact } = this.filter;
		if (row.tr) row.tr.hidden = o in this.kinds && !this.kinds[o](row) || Object.entries(exact).some(([key, value]) => value && row.data[key] !== value) || !q.toLowerCase().split(/\s+/).every(word => row.text.includes(word));
	}

	add(items) {
		if (!this.queue.length) document.hidden ? setTimeout(() => this.flush(), 500) : requestAnimationFrame(() => this.flush());
		for (const data of items) {
			if (this.rows.has(data.id)) continue;
			const row = { id: data.id, data, text: this.words(data).join(" ").toLowerCase() };
			this.rows.set(row.id, row);
			this.queue.push(row);
		}
		if (!this.frozen) return;
		this.queue.sort(older);
		for (const row of this.queue.splice(0, this.queue.length - limit)) this.rows.delete(row.id);
		this.label();
		if (Date.now() - this.announced < 5000) return;
		this.announced = Date.now();
		say(this.news() + ".");
	}

	// flush shows the queued rows in their places. Over the limit the oldest rows go, hidden ones first; the selected one stays.
	flush() {
		if (this.frozen) return;
		this.rows = new Map([...this.rows.values()].sort(older).map(row => [row.id, row]));
		for (const hidden of [true, false]) for (const row of this.rows.values()) {
			if (this.rows.size <= limit) break;
			if (row.id === this.selectedId || hidden && !row.tr?.hidden) continue;
			row.tr?.remove();
			this.rows.delete(row.id);
		}
		for (const row of this.queue) {
			if (this.rows.get(row.id) !== row) continue;
			row.tr = Object.assign(el("tr", { tabIndex: -1, ariaSelected: String(row.id === this.selectedId) }), { row });
			this.fill(row);
			let tr = $("rows").firstElementChild;
			while (tr?.row.id > row.id) tr = tr[next];
			$("rows").insertBefore(row.tr, tr);
		}
		this.queue = [];
		this.update();
	}

	fill(row) {
		if (!row?.tr) return;
		refill(row.tr, this.cells(row.data).map((content, i) => el("td." + this.columns[i], content)));
		this.hide(row);
	}

	update() {
		const rows = [...this.rows.values()], shown = rows.filter(row => row.tr && !row.tr.hidden).length;
		Object.entries(this.kinds).forEach(([name, condition], i) => {
			this.buttons[i].textContent = `${name} ${number(rows.filter(condition).length)}`;
			this.buttons[i].ariaPressed = String((this.filter.o || "all") === name);
		});
		this.reach();
		$("table").hidden = $("filters").hidden = !rows.length;
		$("empty").hidden = !!rows.length;
		$("nothing").hidden = !rows.some(row => row.tr) || !!shown;
		$("nothing").firstChild.data = `No ${this.noun}s match ${this.filter.q || "the filter"}. `;
		$("counts").textContent = `${number(shown)} of ${count(rows.length, this.noun)} (limit ${number(limit)})`;
		this.changed?.();
	}

	// reach lets Tab reach a row.
	reach(tr = this.selected?.tr ?? this.first()) {
		if (this.tabbed) this.tabbed.tabIndex = -1;
		if (tr) tr.tabIndex = 0;
		this.tabbed = tr;
	}

	clear() {
		this.rows.clear();
		$("rows").replaceChildren();
		this.update();
	}

	// select selects a row, which need not be there yet.
	select(id, opened, focus) {
		const mark = selected => { if (this.selected?.tr) this.selected.tr.ariaSelected = String(selected); };
		mark(false);
		this.selectedId = id;
		mark(true);
		this.reach();
		if (opened) document.body.className = "open";
		if (focus) this.focus();
		clearTimeout(this.timer);
		if (id && (opened || innerWidth >= 700)) this.timer = setTimeout(() => act(() => this.chosen(id)), opened ? 0 : 80);
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
		if (tr) this.select(tr.row.id, false, !$("detail").contains(document.activeElement));
	}

	freeze() {
		this.frozen = !this.frozen;
		this.flush();
		this.label();
		say(this.frozen ? "The list is frozen." : "The list follows.");
	}

	news() { return `${number(this.queue.length)} new, ${number(this.queue.filter(this.kinds[this.bad]).length)} failed`; }
	label() { this.follow.lastChild.textContent = !this.frozen ? "Freeze list" : this.queue[0] ? `Follow (${this.news()})` : "Follow"; }
}
