#!/usr/bin/env node
// Runs the program of this platform's package.
"use strict";
const { spawn } = require("node:child_process");
const { installed, missing } = require("../program.cjs");

const program = installed();
if (!program) {
  console.error(`semblance: ${missing}`);
  process.exit(4);
}
const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
child.on("error", (error) => {
  console.error(`semblance: ${error.message}`);
  process.exit(4);
});
child.on("exit", (code, signal) => (signal ? process.kill(process.pid, signal) : process.exit(code)));
// A terminal sends SIGINT to both processes; what kill sends to this one is for the program.
process.on("SIGINT", () => {});
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
