import json
import os
import subprocess
import threading
import urllib.request

import pytest
from werkzeug.serving import make_server

from receiver import Desk, create_app, verify

SEMBLANCE = os.environ.get("SEMBLANCE") or "semblance"
SECRET = "whsec_semblance_local_only"  # the published secret, Semblance's default

# BREAK_SIGNATURE makes a typical mistake in the check, to prove that these tests find it.
BROKEN = {
    "skip": lambda body, header, secret: True,
    "reparse": lambda body, *rest: verify(json.dumps(json.loads(body), separators=(",", ":")).encode(), *rest),
}


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def url(desk):
    """The receiver, served on a real socket."""
    check = BROKEN.get(os.environ.get("BREAK_SIGNATURE"), verify)
    server = make_server("127.0.0.1", 0, create_app(desk, SECRET, check), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/webhooks"
    server.shutdown()
    thread.join()
    server.server_close()


class Semblance:
    """The provider as a child process, with a subscription of every event type for the receiver's URL.

    The waits between retries are a thousand times shorter than the provider's.
    """

    def __init__(self, receiver):
        flags = ["--addr", "127.0.0.1:0", "--format", "json", "--log-level", "warn", "--time-scale", "1000", "--to", receiver]
        self.process = subprocess.Popen([SEMBLANCE, "serve", *flags], stdout=subprocess.PIPE)
        self.api = json.loads(self.process.stdout.readline())["api"]

    def get(self, path):
        with urllib.request.urlopen(self.api + path) as response:
            return json.load(response)

    def post(self, path, body):
        data = json.dumps(body).encode()
        with urllib.request.urlopen(urllib.request.Request(self.api + path, data, {"Content-Type": "application/json"})) as response:
            return json.load(response)

    def accepted(self, n, event_type):
        """Wait until the receiver has accepted n events of the type."""
        self.get(f"/attempts/wait?count={n}&type={event_type}&within=10s")

    def stop(self):
        self.process.terminate()  # what is in flight ends first
        assert self.process.wait(timeout=20) == 0
        self.process.stdout.close()


@pytest.fixture
def semblance(url):
    provider = Semblance(url)
    yield provider
    provider.stop()


def play(url, *scenarios):
    """Play scenarios at the receiver. If one fails, its report is the test's."""
    ran = subprocess.run([SEMBLANCE, "play", *scenarios, "--to", url, "--quiet"], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_a_first_visit_is_followed_to_its_end_and_gets_one_receipt(url, desk):
    play(url, "first-visit")
    assert list(desk.visits.values()) == [{"created", "arrived", "inConsultation", "completed"}]
    assert len(desk.receipts) == 1


def test_a_duplicate_has_no_second_effect(url, desk):
    play(url, "duplicates")
    assert len(desk.visits) == 1
    assert len(desk.receipts) == 1


def test_forgeries_are_refused(url):
    play(url, "forgeries", "raw-bytes")


def test_a_lost_response_causes_a_retry_and_no_second_receipt(semblance, desk):
    subscription = semblance.get("/subscriptions")["items"][0]
    semblance.post(f"/subscriptions/{subscription['id']}/faults", {"fault": "transport=lost-response", "next": 1})
    paid = semblance.post("/events", {"eventType": "invoice.paid"})["events"][0]
    semblance.accepted(1, "invoice.paid")

    attempts = semblance.get("/attempts?type=invoice.paid&order=oldest")["items"]
    assert [attempt["outcome"] for attempt in attempts] == ["unanswered", "accepted"]
    assert attempts[0]["eventId"] != attempts[1]["eventId"]
    assert desk.receipts == [paid["identifiers"]["invoiceId"]]
