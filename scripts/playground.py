"""Add Python to the playground of the built site, so that it runs in the visitor's browser.

    python scripts/playground.py build/site/_static/playground --wheel build/wheel/NAME.whl

Python itself is Pyodide, from npm. The packages are those of requirements/playground.txt and the wheel, without what is
compiled: protobuf and PyYAML then use their implementations in Python.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / "build" / "playground"
REQUIREMENTS = ROOT / "requirements" / "playground.txt"

PYODIDE = "314.0.7"
# As `npm view pyodide@VERSION dist.integrity` prints it.
INTEGRITY = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
PYTHON = "3.14"  # the Python that this Pyodide is
FILES = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")

# Not needed in the browser.
LEFT_OUT = {".so", ".pyd", ".pyi", ".pyc"}
LEFT_OUT_FOLDERS = ("bin/", "resources_py/cli/", "resourceidl_betterproto/")


def download_pyodide() -> Path:
    """Download Pyodide if needed, check it and return its archive."""
    archive = CACHE / f"pyodide-{PYODIDE}.tgz"
    if not archive.exists():
        command = ["npm", "pack", "--silent", f"pyodide@{PYODIDE}", "--pack-destination", CACHE]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    algorithm, _, expected = INTEGRITY.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, archive.read_bytes()).digest()).decode()
    if found != expected:
        archive.unlink()
        sys.exit(f"{archive.name} has the integrity {algorithm}-{found}, not {INTEGRITY}")
    return archive


def install_packages(wheel: Path) -> Path:
    """Install the wheel and its dependencies into a folder, as if for Pyodide, and return the folder."""
    folder = CACHE / "packages"
    shutil.rmtree(folder, ignore_errors=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    install += ["--no-deps", "--target", folder, "--only-binary", ":all:", "--python-version", PYTHON]
    # One platform for all machines that build: what is compiled for it is left out anyway.
    subprocess.run([*install, "--platform", "manylinux2014_x86_64", "--require-hashes", "-r", REQUIREMENTS], check=True)
    subprocess.run([*install, "--no-index", wheel], check=True)
    return folder


def pack(folder: Path, archive: Path) -> None:
    """Write the folder to a zip archive, always the same for the same files."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(folder.rglob("*")):
            name = path.relative_to(folder).as_posix()
            if path.is_file() and path.suffix not in LEFT_OUT and not name.startswith(LEFT_OUT_FOLDERS):
                packed.writestr(zipfile.ZipInfo(name), path.read_bytes(), zipfile.ZIP_DEFLATED)


def main() -> int:
    """Write the folder runtime/, and runtime.json, which tells the page that it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="the playground's folder in the built site")
    parser.add_argument("--wheel", type=Path, required=True)
    arguments = parser.parse_args()
    if shutil.which("npm") is None:
        sys.exit("the playground needs npm, to download Pyodide")
    runtime = arguments.folder / "runtime"
    shutil.rmtree(runtime, ignore_errors=True)
    runtime.mkdir()
    CACHE.mkdir(parents=True, exist_ok=True)
    with tarfile.open(download_pyodide()) as archive:
        for name in FILES:
            source = archive.extractfile(f"package/{name}")
            assert source is not None, name
            with source, (runtime / name).open("wb") as target:
                shutil.copyfileobj(source, target)
    pack(install_packages(arguments.wheel), runtime / "packages.zip")
    (arguments.folder / "runtime.json").write_text(json.dumps({"pyodide": PYODIDE, "python": PYTHON}) + "\n")
    size = sum(path.stat().st_size for path in runtime.iterdir())
    print(f"{runtime}: {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
