// A receiver of the provider's webhooks with Express. Copy verify and the route; Desk stands for your application.
// Run it with: node receiver.js
import { createHmac, timingSafeEqual } from "node:crypto";
import { pathToFileURL } from "node:url";
import express from "express";

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

// createApp returns the application. It needs the raw body, so no JSON parser may run before the route.
export function createApp({ desk, secret, check = verify }) {
  const app = express();
  app.post("/webhooks", express.raw({ type: () => true, limit: "1mb" }), (req, res) => {
    const body = Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0);
    if (!check(body, req.get("X-Webhook-Signature") ?? "", secret)) {
      return res.status(401).json({ error: "invalid signature" });
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
    desk.handle(event); // also acknowledge unknown types: an error would cause retries
    res.json({ received: true });
  });
  return app;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) throw new Error("WEBHOOK_SECRET is not set: set it to the secret of the subscription");
  createApp({ desk: new Desk(), secret }).listen(process.env.PORT ?? 3000);
}
