// A receiver of the provider's webhooks with Fastify: verify and the plugin are yours to copy, Desk stands for your
// application. It runs by itself, too: node receiver.js
import { createHmac, timingSafeEqual } from "node:crypto";
import { pathToFileURL } from "node:url";
import fastify from "fastify";

// verify says whether header signs body, a Buffer: the bytes as they were read, before anything parsed them.
export function verify(body, header, secret, now = Date.now() / 1000, tolerance = 300) {
  const elements = header.split(",").map((element) => element.split("="));
  const values = (key) => elements.filter(([k]) => k === key).map(([, value = ""]) => value);
  const t = values("t").join(","); // t twice is no number
  if (!secret || !/^\d+$/.test(t) || Math.abs(now - t) > tolerance) return false;
  const want = Buffer.from(createHmac("sha256", secret).update(`${t}.`).update(body).digest("hex"));
  return values("v1").map((v1) => Buffer.from(v1)).some((v1) => v1.length === want.length && timingSafeEqual(v1, want));
}

// Desk is the application: a front desk that follows each visit and sends one receipt for each invoice paid. Events come
// at least once and in any order, and a retry may have a new eventId. So nothing here counts events: a stage is reached
// or it is not, and an invoice has its receipt or it has not.
export class Desk {
  visits = new Map(); // by bookingId, the stages that were reached
  receipts = []; // the ids of the invoices whose receipt was sent

  take({ eventType, identifiers }) {
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

// webhooks is a plugin. What it changes holds inside it alone: here every body stays a Buffer, so that it can be verified,
// and the rest of the application keeps its JSON parser.
export async function webhooks(app, { desk, secret, check = verify }) {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => done(null, body));
  app.post("/webhooks", async (request, reply) => {
    const body = request.body ?? Buffer.alloc(0);
    if (!check(body, request.headers["x-webhook-signature"] ?? "", secret)) {
      return reply.code(401).send({ error: "the signature does not hold" });
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
    desk.take(event); // a type that it does not know is answered like the others: an error would only bring retries
    return { received: true };
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) throw new Error("WEBHOOK_SECRET is not set: it is the secret of the subscription");
  const app = fastify();
  app.register(webhooks, { desk: new Desk(), secret });
  await app.listen({ port: Number(process.env.PORT ?? 3000) });
}
