import fastify from "fastify";
import { check, play, secret, start } from "semblance";
import { afterEach, beforeEach, expect, onTestFinished, test } from "vitest";
import { Desk, verify, webhooks } from "./receiver.js";

// BREAK_SIGNATURE makes a typical mistake in the check, to prove that these tests find it.
const broken = {
  skip: () => true,
  reparse: (body, ...rest) => verify(Buffer.from(JSON.stringify(JSON.parse(body))), ...rest),
};
const verifier = broken[process.env.BREAK_SIGNATURE] ?? verify;

let desk, app, url;

beforeEach(async () => {
  desk = new Desk();
  app = fastify({ forceCloseConnections: true });
  app.register(webhooks, { desk, secret, check: verifier });
  url = `${await app.listen({ port: 0, host: "127.0.0.1" })}/webhooks`;
});

afterEach(() => app.close());

test("a first visit is followed to its end and gets one receipt", async () => {
  await play(url, "first-visit");
  const stages = [...desk.visits.values()].map((reached) => [...reached]);
  expect(stages).toEqual([["created", "arrived", "inConsultation", "completed"]]);
  expect(desk.receipts).toHaveLength(1);
});

test("a duplicate has no second effect", async () => {
  await play(url, "duplicates");
  expect(desk.visits.size).toBe(1);
  expect(desk.receipts).toHaveLength(1);
});

test("forgeries are refused", async () => {
  await play(url, "forgeries", "raw-bytes");
  expect((await check(url, "signature")).verdict).toBe("passed");
}, 30_000); // the checks take longer than the default of five seconds on a busy machine

test("a lost response causes a retry and no second receipt", async () => {
  const semblance = await start(url);
  onTestFinished(() => semblance.stop());

  await semblance.fault("transport=lost-response");
  const paid = await semblance.emit("invoice.paid");
  await semblance.wait("invoice.paid");

  const attempts = await semblance.attempts("invoice.paid");
  expect(attempts.map((attempt) => attempt.outcome)).toEqual(["unanswered", "accepted"]);
  expect(attempts[0].eventId).not.toBe(attempts[1].eventId);
  expect(desk.receipts).toEqual([paid.identifiers.invoiceId]);
});
