// A receiver of the provider's webhooks with Fastify. Copy verify and the plugin; Desk stands for your application.
// Run it with: node receiver.js
import { createHmac, timingSafeEqual } from "node:crypto";
import { pathToFileURL } from "node:url";
import fastify from "fastify";

// verify returns whether header has a valid signature of body, a Buffer with the raw bytes of the request.
export function verify(body, header, secret, now = Date.now() / 1000, tolerance = 300) {
  const elements = header.split(",").map((element) => element.split("="));
  const values = (key) => elements.filter(([k]) => k === key).map(([, value = ""]) => value);
  const t = values("t").join(","); // two t do not parse as a number
  if (!secret || !/^\d+$/.test(t) || Math.abs(now - t) > tolerance) return false;
  const want = Buffer.from(createHmac("sha256", secret).update(`${t}.`).update(body).digest("hex"));
  return values("v1").map((v1) => Buffer.from(v1)).some((v1) => v1.length === want.length && timingSafeEqual(v1, want));
}

// Desk is the application: a front desk that follows each visit and sends one receipt for each paid invoice. Events arrive
// at least once and in any order, and a retry may have a new eventId. Therefore nothing counts events: Desk stores which
// stages a visit has reached and which invoices have a receipt.
export class Desk {
  visits = new Map(); // the reached stages by bookingId
  receipts = []; // ids of the invoices with a receipt

  handle({ eventType, identifiers }) {
    const stage = /^booking\.(?:patientJourney\.)?(created|arrived|inConsultation|completed)$/.exec(eventType)?.[1];
    if (stage) {
      const { bookingId } = identifiers;
      this.visits.set(bookingId, (this.visits.get(bookingId) ?? new Set()).add(stage));
    }
    if (eventType === "invoice.paid" && !this.receipts.includes(identifiers.invoiceId)) {
      this.receipts.push(identifiers.invoiceId);
    }
  }
}

// webhooks is a plugin. Its changes apply inside it only: here every body stays a Buffer, so that it can be verified, and
// the rest of the application keeps its JSON parser.
export async function webhooks(app, { desk, secret, check = verify }) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));
  app.post("/webhooks", async (request, reply) => {
    const body = request.body ?? Buffer.alloc(0);
    if (!check(body, request.headers["x-webhook-signature"] ?? "", secret)) {
      return reply.code(401).send({ error: "invalid signature" });
    }
    let event;
    try {
      event = JSON.parse(body);
    } catch {
      return reply.code(400).send({ error: "the body is not JSON" });
    }
    if (typeof event?.eventType !== "string" || typeof event.identifiers !== "object" || !event.identifiers) {
      return reply.code(400).send({ error: "the body is not an event" });
    }
    desk.handle(event); // also acknowledge unknown types: an error would cause retries
    return { received: true };
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) throw new Error("WEBHOOK_SECRET is not set: set it to the secret of the subscription");
  const app = fastify();
  app.register(webhooks, { desk: new Desk(), secret });
  await app.listen({ port: Number(process.env.PORT ?? 3000) });
}
