// A receiver of the provider's webhooks with Express: verify and the route are yours to copy, Desk stands for your
// application. It runs by itself, too: node receiver.js
import { createHmac, timingSafeEqual } from "node:crypto";
import { pathToFileURL } from "node:url";
import express from "express";

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

// createApp is the route. It takes the raw body: a JSON parser in front of it would leave nothing to verify.
export function createApp({ desk, secret, check = verify }) {
  const app = express();
  app.post("/webhooks", express.raw({ type: () => true, limit: "1mb" }), (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    if (!check(body, req.get("X-Webhook-Signature") ?? "", secret)) {
      return res.status(401).json({ error: "the signature does not hold" });
    }
    let event;
    try {
      event = JSON.parse(body);
    } catch {
      return res.status(400).json({ error: "the body is not JSON" });
    }
    if (typeof event?.eventType !== "string" || typeof event.identifiers !== "object" || !event.identifiers) {
      return res.status(400).json({ error: "the body is not an event" });
    }
    desk.take(event); // a type that it does not know is answered like the others: an error would only bring retries
    res.json({ received: true });
  });
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) throw new Error("WEBHOOK_SECRET is not set: it is the secret of the subscription");
  createApp({ desk: new Desk(), secret }).listen(process.env.PORT ?? 3000);
}
