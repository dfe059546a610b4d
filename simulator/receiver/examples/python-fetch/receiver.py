"""A receiver that reads the booking of each event from the provider's API and stores it, without any package.

Only the URL, the token and the secret say which provider it speaks to. It prints its port, and then each stored row as JSON:

    PROVIDER_URL=http://127.0.0.1:4700/graphql PROVIDER_TOKEN=... WEBHOOK_SECRET=... PORT=3000 python3 receiver.py
"""

import hashlib
import hmac
import http.server
import json
import os
import re
import time
import urllib.request

QUERY = "query Visit($id: ID!) { booking(id: $id) { id start deleted bookingJourney { arrived } patient { fullName } } }"
rows = {}  # by the id of the booking; a database in a real application


def verify(body: bytes, header: str, secret: str, now: float | None = None, tolerance: float = 300) -> bool:
    """Return whether header has a valid signature of body, the raw bytes of the request."""
    elements = [element.partition("=") for element in header.split(",")]
    t = ",".join(value for key, _, value in elements if key == "t")  # two t do not parse as a number
    if not secret or not re.fullmatch("[0-9]+", t) or abs((now or time.time()) - int(t)) > tolerance:
        return False
    want = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any([hmac.compare_digest(value.encode(), want.encode()) for key, _, value in elements if key == "v1"])


def fetch(booking_id: str) -> dict:
    """Return the booking. The API reports errors with status 200 too."""
    request = urllib.request.Request(
        os.environ["PROVIDER_URL"],
        json.dumps({"query": QUERY, "variables": {"id": booking_id}}).encode(),
        {"Content-Type": "application/json", "x-token": os.environ["PROVIDER_TOKEN"]},
    )
    with urllib.request.urlopen(request, timeout=1) as response:
        result = json.load(response)
    if result.get("errors"):
        raise RuntimeError(result["errors"][0]["message"])
    return result["data"]["booking"]


def store(event: dict) -> None:
    """Read the booking. An error makes the provider try again: the API is behind the event, slow or limited."""
    booking = fetch(event["identifiers"]["bookingId"])
    if booking is None:
        raise RuntimeError("no such booking yet")
    if event["eventType"].endswith(".arrived") and not booking["bookingJourney"]["arrived"]:
        raise RuntimeError("the API does not show the arrival yet")
    rows[booking["id"]] = booking
    print(json.dumps(booking), flush=True)


class Webhooks(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not verify(body, self.headers.get("X-Webhook-Signature", ""), os.environ["WEBHOOK_SECRET"]):
            return self.respond(401)
        try:
            event = json.loads(body)
            if "bookingId" in event["identifiers"]:
                store(event)
            self.respond(200)
        except Exception:
            self.respond(503)

    def respond(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "0"))), Webhooks)
print(server.server_port, flush=True)
server.serve_forever()
