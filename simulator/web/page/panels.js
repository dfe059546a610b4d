// The panels of the header.

import { btn, command, count, dateTime, dialog, el, field, inline, primary, say, span } from "./dom.js";
import { call, get, post } from "./api.js";
import { faults } from "./dialogs.js";

export async function subscriptionsPanel(app) {
	const list = await faults(), content = el("div.cards");
	async function draw() {
		await app.loadSubscriptions();
		content.replaceChildren(...app.subscriptions.map(s => {
			const active = app.faults.filter(f => f.subscriptionId === s.id), after = run => async () => { await run(); await draw(); };
			const fault = list.cloneNode(true), number = (name, value, more) => el("input.short", { type: "number", value, ariaLabel: name, ...more }), way = checked => el("input", { type: "radio", name: s.id, checked });
			const n = number("attempts", 1, { min: 1 }), share = number("share", 0.1, { min: 0.01, max: 1, step: 0.01 }), next = way(true);
			return el("section.card", el("h3", s.label), el("p.wire", s.url), el("p", `${count(s.eventTypes.length, "event type")}, ${s.deliveryPaused ? "paused" : "active"}`),
				active.map(f => el("p.bad", `fault ${f.fault}, ${f.remaining ? `the next ${f.remaining}` : `a share of ${f.share}`}`)),
				el("p.actions", btn(s.deliveryPaused ? "Resume" : "Pause", after(() => app.pause(s))), btn("Rotate secret", after(async () => {
					const { secret } = await post(`/subscriptions/${s.id}/rotate-secret`);
					dialog("New secret", [el("p", "From now on requests are signed with"), command(secret)]);
				})), active[0] && btn("Clear faults", after(() => call("DELETE", `/subscriptions/${s.id}/faults`)))),
				el("div.bar", field("Inject a fault", fault), inline(next, "the next ", n), inline(way(), "a share of ", share), btn("Inject", after(async () => {
					await post(`/subscriptions/${s.id}/faults`, { fault: fault.value, ...(next.checked ? { next: Number(n.value) } : { share: Number(share.value) }) });
					say(`Injecting ${fault.value}.`);
				}))));
		}), el("section.card", el("h3", "Add a subscription"), subscribe(app, draw)));
	}
	dialog("Subscriptions", content);
	await draw();
}

export function subscribe(app, done) {
	const url = el("input", { value: "http://localhost:3000/webhooks", spellcheck: false });
	return el("div.bar", field("Receiver URL", url), btn("Subscribe", async () => {
		await post("/subscriptions", { url: url.value, label: "from the page", eventTypes: ["**"] });
		await app.loadSubscriptions();
		await done?.();
	}, null, primary));
}

export async function clockPanel(app) {
	await app.loadClock();
	const { clock } = app, now = el("p.wire", dateTime(clock.now)), next = app.nextDue();
	const advance = (text, by, reason) => btn(text, async () => { await app.advance(by); now.textContent = dateTime(app.clock.now); }, null, null, reason);
	dialog("Clock", [now, clock.manual ? [el("p", "The clock is manual: it moves only when it is advanced."), el("p.actions", ["1m", "10m", "24h"].map(by => advance("+" + by, by)),
		next ? advance(`Advance to next attempt: ${span(app.left(next))}`, app.left(next) + "ms") : advance("Advance to next attempt", "", "No attempt is due."))] :
		[el("p", "Real time", clock.scale !== 1 && `; waits are divided by ${clock.scale}`, ". A manual clock moves only when it is advanced:"), command("semblance serve --clock manual")]]);
}

export async function noticesPanel(app) {
	const { items } = await get("/notices?limit=1000");
	app.notices = 0;
	app.header();
	dialog("Notices", items[0] ? items.reverse().map(n => el("section.card", el("h3", n.subject), el("p.dim", dateTime(n.at)), el("p", n.text))) : el("p", "None. A notice is an e-mail that the provider would send to the practice, such as one about a paused subscription."));
}
