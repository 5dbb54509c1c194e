"""Look up advisories for every pinned package and Go module.

    python scripts/audit.py --go PATH [--govulncheck MODULE@VERSION]

`make audit` runs it in an environment with pip-audit. Exits with 1 if there are advisories or if a database cannot be
reached. pip-audit alone accepts a package index without advisories, so the script first looks up a package known to
have some. To use a mirror of a database, set PIP_AUDIT_VULNERABILITY_SERVICE and PIP_AUDIT_OSV_URL, or GOVULNDB.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BAD = "urllib3==1.24.1"  # CVE-2019-11236 and others


def committed(name: str) -> list[Path]:
    """List the committed files of that name."""
    listed = subprocess.run(["git", "ls-files", name], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / path for path in listed.split()]


def pip_audit(requirements: Path) -> list[str]:
    """Return the advisories for the packages that a file pins.

    Raise RuntimeError if the lookup fails.
    """
    command = [sys.executable, "-m", "pip_audit", "--format", "json", "--progress-spinner", "off"]
    command += ["--no-deps", "--disable-pip", "-r", str(requirements)]
    done = subprocess.run(command, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except ValueError:
        raise RuntimeError(done.stderr.strip().rpartition("\n")[2]) from None
    for package in packages:
        if "skip_reason" in package:
            raise RuntimeError(package["skip_reason"])
    return [f"{p['name']} {p['version']}: {v['id']}" for p in packages for v in p["vulns"]]


def python() -> bool:
    """Print the advisories for every hashed requirements file; return whether there are none."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as known:
        known.write(BAD)
        known.flush()
        try:
            if not pip_audit(Path(known.name)):
                raise RuntimeError("no advisories")
        except RuntimeError as error:
            print(f"Cannot audit Python packages: the lookup of {BAD}, which has advisories, failed: {error}")
            return False
    well = True
    for file in committed("*.txt"):
        if "--hash=" not in file.read_text():
            continue
        try:
            found = pip_audit(file)
        except RuntimeError as error:
            found = [f"not audited: {error}"]
        well &= not found
        for line in found or ["no advisories"]:
            print(f"{file.relative_to(ROOT)}: {line}")
    return well


def go(program: str, govulncheck: str) -> bool:
    """Print the advisories for each Go module; return whether there are none."""
    database = os.environ.get("GOVULNDB")
    command = [program, "run", govulncheck, *(("-db", database) if database else ()), "./..."]
    well = True
    for module in committed("*go.mod"):
        done = subprocess.run(command, cwd=module.parent, capture_output=True, text=True)
        where = module.parent.relative_to(ROOT)
        if done.returncode == 0:
            print(f"{where}: no advisories")
        elif done.stdout.strip():
            print(f"{where}:\n{done.stdout}")
        else:
            noise = ("go: downloading", "exit status")
            said = " ".join(line for line in done.stderr.splitlines() if not line.startswith(noise))
            print(f"Cannot audit Go modules: {said}")
            return False
        well &= done.returncode == 0
    return well


def main() -> int:
    """Audit the Python packages and the Go modules."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go", required=True)
    parser.add_argument("--govulncheck", metavar="MODULE@VERSION", required=True)
    arguments = parser.parse_args()
    well = [python(), go(arguments.go, arguments.govulncheck)]
    return 0 if all(well) else 1


if __name__ == "__main__":
    sys.exit(main())
