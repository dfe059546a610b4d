// Receivers with one mistake each, as Node developers make them. The path names the mistake. The first line of output is the
// port.
import http from "node:http";
import http2 from "node:http2";
import { createHmac, timingSafeEqual } from "node:crypto";

const secret = "whsec_semblance_local_only";
const hmac = (key, message) => createHmac("sha256", key).update(message).digest("hex");
const refuse = (response, digest) => response.writeHead(401).end(`bad signature, computed=${digest}`);
const page = (response, status, text) =>
  response.writeHead(status, { "Content-Type": "text/html; charset=utf-8" })
    .end(`<!DOCTYPE html><html><head><title>Error</title></head><body><pre>${text}<br> &nbsp; &nbsp;at handle (/srv/app.js:9:5)</pre></body></html>`);

// sign returns what a mistake computes over.
const digests = {
  "json-stringify": (t, body) => hmac(secret, `${t}.${JSON.stringify(JSON.parse(body), null, 2)}`),
  "object-object": (t, body) => hmac(secret, `${t}.${JSON.parse(body)}`),
  "buffer-json": (t, body) => hmac(secret, `${t}.${JSON.stringify(Buffer.from(body))}`),
  "unset-secret": (t, body) => hmac("undefined", `${t}.${body}`),
  "milliseconds": (t, body) => hmac(secret, `${t * 1000}.${body}`),
  "secret-without-prefix": (t, body) => hmac(secret.replace("whsec_", ""), `${t}.${body}`),
};
const others = {
  "hangs": () => {},
  "throws": (response) => page(response, 500, "TypeError: Cannot read properties of undefined (reading &#39;patientId&#39;)"),
  "parsed-body": (response) => page(response, 500, "TypeError [ERR_INVALID_ARG_TYPE]: The &quot;data&quot; argument must be of type string or an instance of Buffer, TypedArray, or DataView. Received an instance of Object"),
  "body-limit": (response) => page(response, 413, "PayloadTooLargeError: request entity too large"),
  "unknown-route": (response) => page(response, 404, "Cannot POST /webhooks"),
};

const handle = (request, response) => {
  const name = request.url.slice(1);
  const parts = [];
  request.on("data", (part) => parts.push(part)).on("end", () => {
    const body = Buffer.concat(parts).toString();
    const header = request.headers["x-webhook-signature"] ?? "";
    const { t, v1 } = Object.fromEntries(header.split(",").map((part) => part.split("=")));
    if (others[name]) return others[name](response);
    const digest = digests[name](t, body);
    if (v1?.length !== digest.length || !timingSafeEqual(Buffer.from(v1), Buffer.from(digest))) return refuse(response, digest);
    response.end("ok");
  });
};
const server = http.createServer(handle).listen(0, "127.0.0.1", () => {
  const two = http2.createServer(handle).listen(0, "127.0.0.1", () => console.log(server.address().port, two.address().port));
});
