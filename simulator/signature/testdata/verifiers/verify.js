const { createHmac, timingSafeEqual } = require("node:crypto");

// verify returns whether header has a valid signature of body, a Buffer with the raw bytes of the request.
function verify(body, header, secret, now = Date.now() / 1000, tolerance = 300) {
  const elements = header.split(",").map((element) => element.split("="));
  const values = (key) => elements.filter(([k]) => k === key).map(([, value = ""]) => value);
  const t = values("t").join(","); // two t do not parse as a number
  if (!secret || !/^\d+$/.test(t) || Math.abs(now - t) > tolerance) return false;
  const want = Buffer.from(createHmac("sha256", secret).update(`${t}.`).update(body).digest("hex"));
  return values("v1").map((v1) => Buffer.from(v1)).some((v1) => v1.length === want.length && timingSafeEqual(v1, want));
}

module.exports = { verify };
