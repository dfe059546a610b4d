// Semblance as a child process, for tests in Node: copy it to yours, and have their import say where it is. The program is
// `semblance`, or what the variable SEMBLANCE names.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

const program = process.env.SEMBLANCE || "semblance";

// The published secret, with which Semblance signs unless --secret or SEMBLANCE_SECRET says otherwise.
export const secret = "whsec_semblance_local_only";

// start runs the provider, subscribed to every event type at the receiver's URL. Its first line says where it is. Waits
// between retries are a thousand times shorter than the provider's.
export async function start(receiver, ...flags) {
  const child = spawn(
    program,
    ["serve", "--addr", "127.0.0.1:0", "--format", "json", "--log-level", "warn", "--time-scale", "1000", "--to", receiver, ...flags],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // a test that dies leaves nothing behind
  const ended = once(child, "exit").finally(() => process.removeListener("exit", kill));
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(([code]) => Promise.reject(new Error(`semblance serve ended with ${code} before it was ready`))),
  ]);
  const { api } = JSON.parse(line);

  return {
    // get and post speak to the control API, which GET /api/v1/openapi.json describes.
    get: (path) => call(api + path),
    post: (path, body) =>
      call(api + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) }),

    // accepted waits until the receiver has answered n events of the type with success. It needs no sleep.
    accepted: (n, type) => call(`${api}/attempts/wait?count=${n}&type=${type}&within=10s`),

    async stop() {
      child.kill(); // SIGTERM: what is in flight ends first
      const [code] = await ended;
      if (code !== 0) throw new Error(`semblance serve ended with ${code}`);
    },
  };
}

// play plays scenarios at the receiver. If one fails, the error is the report.
export function play(receiver, ...scenarios) {
  return new Promise((resolve, reject) => {
    execFile(program, ["play", ...scenarios, "--to", receiver, "--quiet"], (error, report, notices) =>
      error ? reject(new Error(`${report}${notices}` || error.message)) : resolve(report),
    );
  });
}

async function call(url, request) {
  const answer = await fetch(url, request);
  const value = await answer.json();
  if (!answer.ok) throw new Error(`${url}: ${value.detail}`);
  return value;
}
