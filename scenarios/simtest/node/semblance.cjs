// Semblance as a child process, for tests in Node. README.md shows it with node:test, Vitest and Jest.
"use strict";
const { execFile, spawn } = require("node:child_process");
const { once } = require("node:events");
const { mkdtemp, readFile, rm } = require("node:fs/promises");
const { tmpdir } = require("node:os");
const { join } = require("node:path");
const { createInterface } = require("node:readline");
const { installed, missing } = require("./program.cjs");

const program = installed() ?? "semblance";
const secret = process.env.SEMBLANCE_SECRET || "whsec_semblance_local_only";

async function start(receiver, ...flags) {
  const child = spawn(
    program,
    ["serve", "--addr", "127.0.0.1:0", "--format", "json", "--log-level", "warn", "--time-scale", "1000", "--to", receiver, ...flags],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  const kill = () => child.kill("SIGKILL");
  process.once("exit", kill); // do not leave the process behind when a test dies
  const ended = once(child, "exit") // or an error if the program cannot be started
    .catch((error) => Promise.reject(explain(error)))
    .finally(() => process.removeListener("exit", kill));
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    ended.then(([code]) => Promise.reject(new Error(`semblance serve ended with ${code} before it was ready`))),
  ]);
  const started = JSON.parse(line);

  async function call(path, request) {
    const response = await fetch(started.api + path, request);
    const text = await response.text();
    const value = text ? JSON.parse(text) : undefined;
    if (!response.ok) throw new Error(`${path}: ${value?.detail ?? response.status}`);
    return value;
  }
  const get = (path) => call(path);
  const post = (path, body = {}) =>
    call(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  async function stop() {
    child.kill(); // SIGTERM: attempts in flight end first; Windows has no such signal
    const [code] = await ended;
    if (code !== 0 && process.platform !== "win32") throw new Error(`semblance serve ended with ${code}`);
  }

  return {
    ...started,
    get,
    post,
    emit: async (eventType, overrides = {}) => (await post("/events", { eventType, ...overrides })).events[0],
    wait: (eventType, count = 1, within = "10s") =>
      get(`/attempts/wait?count=${count}&type=${encodeURIComponent(eventType)}&within=${within}`),
    finished: (within = "10s") => get(`/attempts/wait?until=all-finished&within=${within}`),
    attempts: async (eventType) => (await get(`/attempts?order=oldest&type=${encodeURIComponent(eventType)}`)).items,
    fault: async (fault, next = 1) => {
      const { items } = await get("/subscriptions");
      await post(`/subscriptions/${items[0].id}/faults`, { fault, next });
    },
    play: (...scenarios) => play(receiver, ...scenarios),
    check: (...checks) => check(receiver, ...checks),
    stop,
  };
}

function play(receiver, ...scenarios) {
  return run(["play", ...scenarios, "--to", receiver, "--quiet"]);
}

async function check(receiver, ...checks) {
  const folder = await mkdtemp(join(tmpdir(), "semblance-"));
  try {
    const file = join(folder, "check.json");
    await run(["check", ...checks, "--to", receiver, "--quiet", "--report", `json=${file}`]);
    return JSON.parse(await readFile(file, "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
}

// run runs the program and returns its output. If it fails, the error contains the output.
function run(words) {
  return new Promise((resolve, reject) => {
    execFile(program, words, { maxBuffer: 64 << 20 }, (error, report, notices) =>
      error ? reject(new Error(`${report}${notices}` || explain(error).message)) : resolve(report),
    );
  });
}

// explain says what to do if there is no program.
function explain(error) {
  return error.code === "ENOENT" ? new Error(`cannot start semblance: ${missing}`) : error;
}

module.exports = { check, play, program, secret, start };
