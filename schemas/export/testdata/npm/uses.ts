// What a receiver in TypeScript does with the types. Each line below @ts-expect-error must be refused.
import type { EventOf, EventType, Id, WebhookEvent } from "./types";

declare const event: WebhookEvent;

switch (event.eventType) {
  case "booking.created": {
    const booking: Id = event.identifiers.bookingId;
    const patient: Id | undefined = event.identifiers.patientId;
    // @ts-expect-error an optional identifier may be absent
    const always: Id = event.identifiers.patientId;
    // @ts-expect-error a booking has no invoice
    event.identifiers.invoiceId;
    // @ts-expect-error only the webhook.* types have metadata
    event.metadata;
    break;
  }
  case "availability.blocker.created":
    if (event.identifiers.bookingId !== undefined) {
      const doctor: Id | undefined = event.identifiers.doctorId;
    } else {
      const availability: Id = event.identifiers.availabilityId;
    }
    break;
  case "clinicalReport.submittedForApproval": {
    const kind: "InitialReport" | "RFATReport" | "DischargeReport" = event.identifiers.reportType;
    break;
  }
  case "webhook.event.deliveryFailed": {
    const failed: string = event.metadata.failedEventType;
    const status: number | undefined = event.metadata.httpStatusCode;
    break;
  }
  // @ts-expect-error there is no such event type
  case "booking.craeted":
    break;
}

const blocker: EventOf<"availability.blocker.removed">["identifiers"] = { bookingId: "1", doctorId: "2" };
// @ts-expect-error a blocker has the one or the other
const both: EventOf<"availability.blocker.removed">["identifiers"] = { bookingId: "1", availabilityId: "2" };
// @ts-expect-error companions of bookingId do not come beside availabilityId
const companion: EventOf<"availability.blocker.removed">["identifiers"] = { availabilityId: "1", doctorId: "2" };
// @ts-expect-error absent, never undefined and never null
const nothing: EventOf<"booking.created">["identifiers"] = { bookingId: "1", patientId: undefined };
const name: EventType = "patient.merged";
