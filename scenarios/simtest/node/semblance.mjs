// Semblance as a child process, for tests in Node. README.md shows it with node:test, Vitest and Jest.
import semblance from "./semblance.cjs";

export const { check, play, program, secret, start } = semblance;
