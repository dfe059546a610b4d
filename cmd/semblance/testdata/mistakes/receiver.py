"""Receivers with one mistake each, as Python developers make them. The path names the mistake. The first line of output is the port."""
import hashlib
import hmac
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "whsec_semblance_local_only"


def sign(key, message):
    return hmac.new(key.encode(), message if isinstance(message, bytes) else message.encode(), hashlib.sha256).hexdigest()


DIGESTS = {
    "str-of-bytes": lambda t, body: sign(SECRET, f"{t}.{body}"),
    "json-dumps": lambda t, body: sign(SECRET, f"{t}.{json.dumps(json.loads(body))}"),
    "str-of-dict": lambda t, body: sign(SECRET, f"{t}.{json.loads(body)}"),
    "body-only": lambda t, body: sign(SECRET, body),
    "quoted-secret": lambda t, body: sign(f'"{SECRET}"', t.encode() + b"." + body),
    "secret-with-newline": lambda t, body: sign(SECRET + "\n", t.encode() + b"." + body),
    "sha256-without-key": lambda t, body: hashlib.sha256(t.encode() + b"." + body).hexdigest(),
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.answer(200, "ok")

    def answer(self, status, text, content_type="text/plain"):
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def do_POST(self):
        name = self.path[1:]
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        header = self.headers.get("X-Webhook-Signature") or ""
        parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
        if name == "csrf":
            return self.answer(403, "<title>403 Forbidden</title><h1>Forbidden <span>(403)</span></h1><p>CSRF verification failed. Request aborted.</p>", "text/html")
        if name == "allowed-hosts":
            return self.answer(400, "<title>Bad Request (400)</title><h1>Bad Request (400)</h1><p></p>", "text/html")
        if name == "validation":
            return self.answer(422, '{"detail":[{"type":"missing","loc":["body","data"],"msg":"Field required"}]}', "application/json")
        if name == "clock-in-milliseconds":
            age = abs(time.time() * 1000 - int(parts.get("t", 0)))
            return self.answer(400, "timestamp outside the tolerance") if age > 300_000 else self.answer(200, "ok")
        if name == "get-only":
            return self.send_error(501, "Unsupported method ('POST')")
        digest = DIGESTS[name](parts.get("t", ""), body)
        if not hmac.compare_digest(digest, parts.get("v1", "")):
            return self.answer(401, f"bad signature, computed={digest}")
        self.answer(200, "ok")

    def log_message(self, *args):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
