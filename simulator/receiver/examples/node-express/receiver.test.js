import assert from "node:assert/strict";
import { once } from "node:events";
import { afterEach, beforeEach, test } from "node:test";
import { play, secret, start } from "semblance";
import { createApp, Desk, verify } from "./receiver.js";

// BREAK_SIGNATURE makes a typical mistake in the check, to prove that these tests find it.
const broken = {
  skip: () => true,
  reparse: (body, ...rest) => verify(Buffer.from(JSON.stringify(JSON.parse(body))), ...rest),
};
const verifier = broken[process.env.BREAK_SIGNATURE] ?? verify;

let desk, server, url;

beforeEach(async () => {
  desk = new Desk();
  server = createApp({ desk, secret, check: verifier }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${server.address().port}/webhooks`;
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

test("a first visit is followed to its end and gets one receipt", async () => {
  await play(url, "first-visit");
  const stages = [...desk.visits.values()].map((reached) => [...reached]);
  assert.deepEqual(stages, [["created", "arrived", "inConsultation", "completed"]]);
  assert.equal(desk.receipts.length, 1);
});

test("a duplicate has no second effect", async () => {
  await play(url, "duplicates");
  assert.equal(desk.visits.size, 1);
  assert.equal(desk.receipts.length, 1);
});

test("forgeries are refused", async () => {
  await play(url, "forgeries", "raw-bytes");
});

test("a lost response causes a retry and no second receipt", async (t) => {
  const semblance = await start(url);
  t.after(() => semblance.stop());

  await semblance.fault("transport=lost-response");
  const paid = await semblance.emit("invoice.paid");
  await semblance.wait("invoice.paid");

  const attempts = await semblance.attempts("invoice.paid");
  assert.deepEqual(attempts.map((attempt) => attempt.outcome), ["unanswered", "accepted"]);
  assert.notEqual(attempts[0].eventId, attempts[1].eventId);
  assert.deepEqual(desk.receipts, [paid.identifiers.invoiceId]);
});
