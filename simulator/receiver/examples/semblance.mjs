// Semblance as a child process, for tests in Node. Copy this file to your tests. It runs the program in the environment
// variable SEMBLANCE, or `semblance`.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const program = process.env.SEMBLANCE || "semblance";

// The published secret. Semblance signs with it unless --secret or SEMBLANCE_SECRET sets another.
export const secret = "whsec_semblance_local_only";

// start runs the provider with a subscription of every event type for the receiver's URL. The waits between retries are a
// thousand times shorter than the provider's.
export async function start(receiver, ...flags) {
  const child = spawn(
    program,
    ["serve", "--addr", "127.0.0.1:0", "--format", "json", "--log-level", "warn", "--time-scale", "1000", "--to", receiver, ...flags],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // do not leave the process behind when a test dies
  const ended = once(child, "exit").finally(() => process.removeListener("exit", kill));
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(([code]) => Promise.reject(new Error(`semblance serve ended with ${code} before it was ready`))),
  ]);
  const { api } = JSON.parse(line);

  return {
    // get and post call the control API, described by GET /api/v1/openapi.json.
    get: (path) => call(api + path),
    post: (path, body) =>
      call(api + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),

    // accepted waits until the receiver has accepted n events of the type.
    accepted: (n, type) => call(`${api}/attempts/wait?count=${n}&type=${type}&within=10s`),

    async stop() {
      child.kill(); // SIGTERM: attempts in flight end first
      const [code] = await ended;
      if (code !== 0) throw new Error(`semblance serve ended with ${code}`);
    },
  };
}

// play plays scenarios at the receiver. If one fails, the error contains the report.
export function play(receiver, ...scenarios) {
  return new Promise((resolve, reject) => {
    execFile(program, ["play", ...scenarios, "--to", receiver, "--quiet"], (error, report, notices) =>
      error ? reject(new Error(`${report}${notices}` || error.message)) : resolve(report),
    );
  });
}

async function call(url, request) {
  const response = await fetch(url, request);
  const value = await response.json();
  if (!response.ok) throw new Error(`${url}: ${value.detail}`);
  return value;
}
