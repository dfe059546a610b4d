// Judges the schemas in one document by applying them: node schemas.js FILE CASES
// CASES is a JSON array of {valid, payload}.
import { readFileSync } from "node:fs";
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";

const [bundle, cases] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const ajv = formats.default(new Ajv({ strict: true, strictRequired: false, allErrors: true, discriminator: false }));
const validate = ajv.compile(bundle);
let wrong = 0;
for (const { valid, payload } of cases) {
  if (validate(payload) !== valid) {
    console.log(`${valid ? "refused" : "accepted"}: ${JSON.stringify(payload)}`);
    wrong++;
  }
}
console.log(`${cases.length} payloads judged, ${wrong} wrongly`);
process.exitCode = wrong === 0 && cases.length > 0 ? 0 : 1;
