// Finds the program: the environment variable SEMBLANCE names it, or the package of this platform contains it.
"use strict";
const { name } = require("./package.json");

const platform = `${process.platform}-${process.arch}`;

// installed returns the program's path, or undefined if neither names one.
exports.installed = () => {
  if (process.env.SEMBLANCE) return process.env.SEMBLANCE;
  try {
    return require.resolve(`${name}-${platform}/bin/semblance${process.platform === "win32" ? ".exe" : ""}`);
  } catch {
    return undefined;
  }
};

exports.missing =
  `the package ${name}-${platform} is not installed: install ${name} without --omit=optional, ` +
  "or let the environment variable SEMBLANCE name the program";
