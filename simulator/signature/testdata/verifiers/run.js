// Reads vectors.json from standard input and writes the verdicts of verify.js, {"name": true or false}.
const { readFileSync } = require("node:fs");
const { verify } = require("./verify.js");

const verdicts = {};
for (const v of JSON.parse(readFileSync(0, "utf8")).vectors) {
  const body = v.bodyBase64 === undefined ? Buffer.from(v.body, "utf8") : Buffer.from(v.bodyBase64, "base64");
  verdicts[v.name] = verify(body, v.header, v.secret, v.now, v.tolerance);
}
console.log(JSON.stringify(verdicts));
