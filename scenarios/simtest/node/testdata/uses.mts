// What a test in TypeScript may write; tsc checks it.
import { type Attempt, check, play, program, secret, start } from "semblance";

const semblance = await start("http://127.0.0.1:3000/webhooks", "--provider", "attempts=2");
const event = await semblance.emit("booking.created", { omit: ["patientId"], set: { bookingId: secret } });
const { accepted, unfinished } = await semblance.wait(event.eventType, 1, "5s");
await semblance.fault("transport=lost-response");
const attempts: Attempt[] = await semblance.attempts("booking.*");
const text: string = attempts[0]!.outcome + event.identifiers["bookingId"] + (accepted + unfinished) + (await semblance.play("first-visit"));
const urls: string[] = [semblance.url, semblance.graphql, semblance.api, semblance.token, semblance.secret, program, text];
await semblance.post("/faults", urls);
await semblance.stop();
await play("3000", "duplicates");
const warned: string[] = (await check("3000", "signature", "--strict")).checks.filter((c) => c.outcome === "warned").map((c) => c.fix);
console.log(warned, (await semblance.check()).counts["passed"]);

// @ts-expect-error: a misspelt key is found
await semblance.emit("booking.created", { ommit: [] });
// @ts-expect-error: so is a number in the place of a scenario
await play("3000", 1);
