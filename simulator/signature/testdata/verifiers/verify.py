import hashlib, hmac, re, time

def verify(body: bytes, header: str, secret: str, now: float | None = None, tolerance: float = 300) -> bool:
    """Return whether header has a valid signature of body, the raw bytes of the request."""
    elements = [element.partition("=") for element in header.split(",")]
    t = ",".join(value for key, _, value in elements if key == "t")  # two t do not parse as a number
    if not secret or not re.fullmatch("[0-9]+", t) or abs((now or time.time()) - int(t)) > tolerance:
        return False
    want = hmac.new(secret.encode(), t.encode() + b"." + body, hashlib.sha256).hexdigest()
    return any([hmac.compare_digest(value.encode(), want.encode()) for key, _, value in elements if key == "v1"])
