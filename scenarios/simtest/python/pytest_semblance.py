"""A pytest plugin that starts Semblance, the simulated provider of webhooks, for a receiver under test.

    def test_receipt(semblance, url):
        provider = semblance(url)
        paid = provider.emit("invoice.paid")
        provider.wait("invoice.paid")
        provider.play("duplicates", "forgeries")

It runs the program that the environment variable SEMBLANCE names, the one of the installed package, or `semblance` from the
PATH. The plugin is this one file: without the package, copy it beside conftest.py, with the line
pytest_plugins = ["pytest_semblance"] there.
"""

import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
import urllib.error
import urllib.parse
import urllib.request

import pytest


@pytest.fixture
def semblance():
    """A function that starts the provider for a receiver's URL; see Provider. The test ends the provider."""
    providers = []

    def start(receiver, *flags):
        providers.append(Provider(receiver, *flags))
        return providers[-1]

    yield start
    for provider in providers:
        provider.stop()


@pytest.fixture(scope="session")
def semblance_secret():
    """The secret of the signatures: the environment variable SEMBLANCE_SECRET, or the published default."""
    return os.environ.get("SEMBLANCE_SECRET") or "whsec_semblance_local_only"


class Provider:
    """The provider as a child process, with a subscription of every event type for the receiver's URL.

    The waits between retries are a thousand times shorter than the provider's. Further arguments are flags of
    `semblance serve`.

    Attributes:
        url: the page for people.
        graphql: the provider's GraphQL API, with its x-token in token.
        api: the control API, described by {api}/openapi.json.
        secret: the secret of the signatures.
    """

    def __init__(self, receiver, *flags):
        self.receiver = receiver
        command = ["serve", "--addr", "127.0.0.1:0", "--format", "json", "--log-level", "warn", "--time-scale", "1000", "--to", receiver]
        self.process = subprocess.Popen([program(), *command, *flags], stdout=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"semblance serve ended with {self.process.wait()} before it was ready")
        started = json.loads(line)
        self.url, self.graphql, self.api = started["url"], started["graphql"], started["api"]
        self.token, self.secret = started["token"], started["secret"]

    def emit(self, event_type, **overrides):
        """Make an event happen at the clinic and return it.

        The overrides are those of POST /events: about, with_, omit, set and invalid.
        """
        body = {name.rstrip("_"): value for name, value in overrides.items()}
        return self.post("/events", {"eventType": event_type, **body})["events"][0]

    def wait(self, event_type, count=1, within="10s"):
        """Wait until the receiver has accepted a number of events of the type."""
        return self.get(f"/attempts/wait?count={count}&type={urllib.parse.quote(event_type)}&within={within}")

    def finished(self, within="10s"):
        """Wait until no delivery is pending."""
        return self.get(f"/attempts/wait?until=all-finished&within={within}")

    def attempts(self, event_type):
        """Return the attempts to deliver events of a type, oldest first."""
        return self.get(f"/attempts?order=oldest&type={urllib.parse.quote(event_type)}")["items"]

    def fault(self, fault, next=1):
        """Inject a fault, such as "transport=lost-response", into the next attempts."""
        subscription = self.get("/subscriptions")["items"][0]
        self.post(f"/subscriptions/{subscription['id']}/faults", {"fault": fault, "next": next})

    def play(self, *scenarios):
        """Play scenarios of the library, or files, against the receiver. A failed expectation fails the test."""
        return play(self.receiver, *scenarios)

    def check(self, *checks):
        """Judge the receiver by checks, by default by all. A MUST that is not met, or cannot be judged, fails the test."""
        return check(self.receiver, *checks)

    def get(self, path):
        """Call the control API with GET."""
        return self._call(urllib.request.Request(self.api + path))

    def post(self, path, body=None):
        """Call the control API with POST."""
        data = json.dumps(body or {}).encode()
        return self._call(urllib.request.Request(self.api + path, data, {"Content-Type": "application/json"}))

    def _call(self, request):
        __tracebackhide__ = True
        try:
            with urllib.request.urlopen(request) as response:
                return json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            with error:
                detail = json.loads(error.read()).get("detail", error.reason)
        pytest.fail(f"{request.selector}: {detail}", pytrace=False)

    def stop(self):
        """Finish the attempts in flight and end the process."""
        self.process.terminate()
        try:
            code = self.process.wait(timeout=20)
        finally:
            self.process.kill()
            self.process.stdout.close()
        if code != 0 and os.name != "nt":  # Windows cannot end a process gently
            pytest.fail(f"semblance serve ended with {code}", pytrace=False)


def play(receiver, *scenarios):
    """Play scenarios against a receiver, without a provider, and return the report. A failed expectation fails the test."""
    __tracebackhide__ = True
    return _run("play", *scenarios, "--to", receiver)


def check(receiver, *checks):
    """Judge a receiver by checks, by default by all, and return the report as `semblance check --report json=FILE` writes it.

    Ids, groups and levels select checks. A MUST that is not met, or cannot be judged, fails the test.
    """
    __tracebackhide__ = True
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "check.json")
        _run("check", *checks, "--to", receiver, "--report", f"json={file}")
        with open(file, encoding="utf-8") as report:
            return json.load(report)


def _run(*words):
    """Run the program and return its output. If it fails, the test fails with the output."""
    __tracebackhide__ = True
    ran = subprocess.run([program(), *words, "--quiet"], capture_output=True, encoding="utf-8")
    if ran.returncode != 0:
        pytest.fail(ran.stdout + ran.stderr, pytrace=False)
    return ran.stdout


def program():
    """Return the path of the program."""
    named = os.environ.get("SEMBLANCE")
    if named:
        return named
    found = shutil.which("semblance", path=sysconfig.get_path("scripts")) or shutil.which("semblance")
    if not found:
        pytest.fail("the program semblance is not in the PATH; let the environment variable SEMBLANCE name it", pytrace=False)
    return found
