import json
import os
import socket
import threading

import pytest
import uvicorn
from pytest_semblance import play

from receiver import Desk, create_app, verify

# BREAK_SIGNATURE makes a typical mistake in the check, to prove that these tests find it.
BROKEN = {
    "skip": lambda body, header, secret: True,
    "reparse": lambda body, *rest: verify(json.dumps(json.loads(body), separators=(",", ":")).encode(), *rest),
}


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def url(desk, semblance_secret):
    """The receiver, served on a real socket."""
    verifier = BROKEN.get(os.environ.get("BREAK_SIGNATURE"), verify)
    server = uvicorn.Server(uvicorn.Config(create_app(desk, semblance_secret, verifier), log_level="warning"))
    listener = socket.create_server(("127.0.0.1", 0))  # connections wait until the server accepts them
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/webhooks"
    server.should_exit = True
    thread.join()


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


def test_a_lost_response_causes_a_retry_and_no_second_receipt(semblance, url, desk):
    provider = semblance(url)
    provider.fault("transport=lost-response")
    paid = provider.emit("invoice.paid")
    provider.wait("invoice.paid")

    attempts = provider.attempts("invoice.paid")
    assert [attempt["outcome"] for attempt in attempts] == ["unanswered", "accepted"]
    assert attempts[0]["eventId"] != attempts[1]["eventId"]
    assert desk.receipts == [paid["identifiers"]["invoiceId"]]
