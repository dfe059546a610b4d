// A receiver of the provider's webhooks with node:http. Copy verify and the handler; Desk stands for your application.
// Run it with: node receiver.js
const { createHmac, timingSafeEqual } = require("node:crypto");
const { createServer } = require("node:http");

const mostBytes = 1 << 20;

// verify returns whether header has a valid signature of body, a Buffer with the raw bytes of the request.
function verify(body, header, secret, now = Date.now() / 1000, tolerance = 300) {
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
class Desk {
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

// webhooks returns a server that receives events at /webhooks.
function webhooks({ desk, secret, check = verify }) {
  return createServer(async (request, response) => {
    const respond = (status, value) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
    if (request.method !== "POST" || request.url !== "/webhooks") return respond(404, { error: "no such page" });

    const parts = [];
    let size = 0;
    try {
      for await (const part of request) {
        size += part.length;
        if (size > mostBytes) return respond(413, { error: "the body is too large" });
        parts.push(part);
      }
    } catch {
      return response.destroy(); // the connection broke
    }
    const body = Buffer.concat(parts); // the raw bytes, for the signature
    if (!check(body, request.headers["x-webhook-signature"] ?? "", secret)) return respond(401, { error: "invalid signature" });

    let event;
    try {
      event = JSON.parse(body);
    } catch {
      return respond(400, { error: "the body is not JSON" });
    }
    if (typeof event?.eventType !== "string" || typeof event.identifiers !== "object" || !event.identifiers) {
      return respond(400, { error: "the body is not an event" });
    }
    desk.handle(event); // also acknowledge unknown types: an error would cause retries
    respond(200, { received: true });
  });
}

module.exports = { Desk, verify, webhooks };

if (require.main === module) {
  const secret = process.env.WEBHOOK_SECRET;
  if (!secret) throw new Error("WEBHOOK_SECRET is not set: set it to the secret of the subscription");
  webhooks({ desk: new Desk(), secret }).listen(Number(process.env.PORT ?? 3000));
}
