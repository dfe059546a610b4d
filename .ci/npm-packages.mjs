// Packs the npm packages of a release from dist/: one with the program of each platform, and the launcher with the helper
// for tests, which has those as optional dependencies. npm installs the one that fits; no script runs.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const dist = "dist", out = join(dist, "npm"), source = "scenarios/simtest/node";
const read = (file) => JSON.parse(readFileSync(file, "utf8"));
const { version } = read(join(dist, "metadata.json"));
const launcher = { ...read(join(source, "package.json")), version };

// Node's names of the platforms, by Go's.
const platforms = { linux: "linux", darwin: "darwin", windows: "win32" };
const processors = { amd64: "x64", arm64: "arm64" };
const packageName = (os, cpu) => `${launcher.name}-${os}-${cpu}`;

// pack writes a package's manifest and licence into its folder and packs it.
function pack(folder, manifest) {
  copyFileSync("LICENSE", join(folder, "LICENSE"));
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, null, 2) + "\n");
  execFileSync("npm", ["pack", "--silent", "--pack-destination", out, "./" + folder], { stdio: ["ignore", "ignore", "inherit"] });
}

rmSync(out, { recursive: true, force: true });
for (const binary of read(join(dist, "artifacts.json")).filter(({ type }) => type === "Binary")) {
  const os = platforms[binary.goos], cpu = processors[binary.goarch], name = packageName(os, cpu);
  const file = os === "win32" ? "semblance.exe" : "semblance", folder = join(out, name);
  mkdirSync(join(folder, "bin"), { recursive: true });
  copyFileSync(binary.path, join(folder, "bin", file));
  chmodSync(join(folder, "bin", file), 0o755);
  const { license, engines, repository } = launcher;
  const description = `The program of ${launcher.name} for ${os} on ${cpu}; install ${launcher.name}`;
  pack(folder, { name, version, description, license, repository, engines, os: [os], cpu: [cpu], files: ["bin"] });
}

const folder = join(out, launcher.name);
cpSync(source, folder, { recursive: true, filter: (path) => !path.includes("node_modules") });
const optionalDependencies = Object.fromEntries(
  Object.values(platforms).flatMap((os) => Object.values(processors).map((cpu) => [packageName(os, cpu), version])),
);
pack(folder, { ...launcher, optionalDependencies });
