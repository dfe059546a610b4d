"""Builds the Python packages of a release from dist/: the plugin as a wheel for any platform, and one with the program for each
platform. pip installs the one that fits, and the program with it."""

import base64
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile

DIST = pathlib.Path("dist")
OUT = DIST / "python"
SOURCE = pathlib.Path("scenarios/simtest/python")

# Wheel tags by Go's platform. The program is static, so that it runs with any C library.
TAGS = {
    ("linux", "amd64"): "manylinux_2_17_x86_64.musllinux_1_1_x86_64",
    ("linux", "arm64"): "manylinux_2_17_aarch64.musllinux_1_1_aarch64",
    ("darwin", "amd64"): "macosx_12_0_x86_64",
    ("darwin", "arm64"): "macosx_12_0_arm64",
    ("windows", "amd64"): "win_amd64",
    ("windows", "arm64"): "win_arm64",
}


def python_version(version):
    """The version in Python's form: 1.2.3, or 1.2.4.dev0+gabc for the snapshot 1.2.4-dev.gabc."""
    return re.sub(r"-dev\.", ".dev0+", version)


def build(version, out):
    """Build the wheel for any platform with the package's own build system, and return its path."""
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder, "source")
        shutil.copytree(SOURCE, copy, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__"))
        project = copy / "pyproject.toml"
        project.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', project.read_text()))
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
        subprocess.run([*command, "--wheel-dir", out, copy], check=True)
    return next(out.glob("*.whl"))


def add_program(wheel, binary, tags):
    """Write a copy of a wheel for one platform, with its program, which pip installs beside python."""
    target = wheel.with_name(wheel.name.replace("-any.whl", f"-{tags}.whl"))
    with zipfile.ZipFile(wheel) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out:
        info = next(n for n in source.namelist() if n.endswith(".dist-info/WHEEL")).rpartition("/")[0]
        record = []

        def add(name, data, mode=0o644):
            entry = zipfile.ZipInfo(name)  # with the earliest date, so that the same input gives the same file
            entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
            out.writestr(entry, data)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            record.append(f"{name},sha256={digest},{len(data)}\n")

        for name in source.namelist():
            data = source.read(name)
            if name == f"{info}/WHEEL":
                lines = [line for line in data.decode().splitlines() if line and not line.startswith(("Tag:", "Root-Is-Purelib:"))]
                lines += ["Root-Is-Purelib: false", *(f"Tag: py3-none-{tag}" for tag in tags.split("."))]
                data = "\n".join(lines).encode() + b"\n"
            if name != f"{info}/RECORD":
                add(name, data)
        path = pathlib.Path(binary["path"])
        add(f"{info.removesuffix('.dist-info')}.data/scripts/{path.name}", path.read_bytes(), 0o755)
        out.writestr(zipfile.ZipInfo(f"{info}/RECORD"), "".join(record) + f"{info}/RECORD,,\n")


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    version = json.loads((DIST / "metadata.json").read_text())["version"]
    wheel = build(python_version(version), OUT)
    for artifact in json.loads((DIST / "artifacts.json").read_text()):
        if artifact["type"] == "Binary":
            add_program(wheel, artifact, TAGS[artifact["goos"], artifact["goarch"]])


main()
