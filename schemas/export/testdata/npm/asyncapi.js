// Judges an AsyncAPI document: node asyncapi.js FILE MESSAGES
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const [file, messages] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"));
const wrong = diagnostics.filter((d) => d.code !== "asyncapi-latest-version"); // 3.0 is what is asked for
for (const d of wrong) console.log(`${d.code} at ${d.path.join("/")}: ${d.message}`);
const found = document?.messages().all().length;
if (found !== Number(messages)) console.log(`${found} messages, want ${messages}`);
process.exitCode = wrong.length === 0 && found === Number(messages) ? 0 : 1;
