// The same package for CommonJS, as Jest loads it.
import semblance = require("semblance");

export const started: Promise<semblance.Semblance> = semblance.start("3000");
export const report: Promise<string> = semblance.play("3000", "duplicates");
