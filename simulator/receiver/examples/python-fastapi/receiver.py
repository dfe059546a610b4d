"""A receiver of the provider's webhooks with FastAPI. Copy verify and the route; Desk stands for your application.
Run it with: python3 receiver.py
"""

import hashlib
import hmac
import json
import os
import re
import threading
import time

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse


def verify(body: bytes, header: str, secret: str, now: float | None = None, tolerance: float = 300) -> bool:
    """Return whether header has a valid signature of body, the raw bytes of the request."""
    elements = [element.partition("=") for element in header.split(",")]
    t = ",".join(value for key, _, value in elements if key == "t")  # two t do not parse as a number
    if not secret or not re.fullmatch("[0-9]+", t) or abs((now or time.time()) - int(t)) > tolerance:
        return False
    want = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any([hmac.compare_digest(value.encode(), want.encode()) for key, _, value in elements if key == "v1"])


class Desk:
    """The application: a front desk that follows each visit and sends one receipt for each paid invoice.

    Events arrive at least once and in any order, and a retry may have a new eventId. Therefore nothing counts events:
    Desk stores which stages a visit has reached and which invoices have a receipt.
    """

    def __init__(self):
        self.lock = threading.Lock()  # the events are handled in several threads
        self.visits = {}  # the reached stages by bookingId
        self.receipts = []  # ids of the invoices with a receipt

    def handle(self, event_type, identifiers):
        stage = re.fullmatch(r"booking\.(?:patientJourney\.)?(created|arrived|inConsultation|completed)", event_type)
        with self.lock:
            if stage:
                self.visits.setdefault(identifiers["bookingId"], set()).add(stage[1])
            if event_type == "invoice.paid" and identifiers["invoiceId"] not in self.receipts:
                self.receipts.append(identifiers["invoiceId"])


MOST_BYTES = 1 << 20


def create_app(desk, secret, check=verify):
    app = FastAPI()

    @app.post("/webhooks")
    async def webhooks(request: Request):
        body = b""  # the raw bytes, for the signature
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return JSONResponse({"error": "the body is too large"}, 413)
        if not check(body, request.headers.get("X-Webhook-Signature", ""), secret):
            return JSONResponse({"error": "invalid signature"}, 401)
        try:
            event = json.loads(body)
            event_type, identifiers = event["eventType"], dict(event["identifiers"])
        except (ValueError, KeyError, TypeError):
            return JSONResponse({"error": "the body is not an event"}, 400)
        # Also acknowledge unknown types: an error would cause retries.
        await run_in_threadpool(desk.handle, event_type, identifiers)
        return {"received": True}

    return app


if __name__ == "__main__":
    import uvicorn

    uvicorn.run(create_app(Desk(), os.environ["WEBHOOK_SECRET"]), port=int(os.environ.get("PORT", "3000")))
