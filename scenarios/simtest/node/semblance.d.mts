export * from "./semblance.cjs";
