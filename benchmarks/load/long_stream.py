"""Run long streams from the Python client to the Go server and from the Go client to the Python server.

    python benchmarks/load/long_stream.py --go-server PATH --go-client PATH [--count N]...

Every answer is compared with its item, which detects lost and reordered items. For each count, by default 10000 and
1000000, print the time and the peak memory of client and server. Exits with 1 if an answer is wrong, or if the longest
stream needs more than 1.5 times the memory of the shortest.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from resources_py import Resources
from resources_py.service import Client


def peak(pid: int | str) -> int:
    """Return the peak memory of a process, in KiB."""
    found = re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1])


def item(i: int) -> Resources:
    return Resources(cpu=f"{10 * i + 1}m", mem=f"{2 * i + 1024 * 1024 + 1}Ki")


def python_client(target: str, count: int) -> int:
    """Run the Python client in a separate process."""

    def items() -> Iterator[Resources]:
        return map(item, range(count))

    begin = time.monotonic()
    with Client(target) as client:
        for wanted, answer in zip(items(), client.resolve_many(items()), strict=True):
            if answer != wanted:
                print(f"got {answer!r}, want {wanted!r}", file=sys.stderr)
                return 1
    print(json.dumps({"ok": True, "seconds": time.monotonic() - begin, "peak_rss_kib": peak("self")}))
    return 0


def measure(server: list[str], client: list[str]) -> tuple[float, int, int]:
    """Run a client against a server; return the seconds, and the peak memory of both in KiB."""
    with subprocess.Popen([*server, "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as serving:
        assert serving.stdout is not None
        try:
            target = serving.stdout.readline().removeprefix("listening on ").strip()
            command = [target if part == "TARGET" else part for part in client]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{client[0]} failed: {done.stdout}")
            report = json.loads(done.stdout)
            return report["seconds"], report["peak_rss_kib"], peak(serving.pid)
        finally:
            serving.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go-server", metavar="PATH", default="", help="the reference server in Go")
    parser.add_argument("--go-client", metavar="PATH", default="", help="the client of the interop matrix in Go")
    parser.add_argument("--count", metavar="N", type=int, action="append", help="may be given more than once")
    parser.add_argument("--target", metavar="HOST:PORT", help=argparse.SUPPRESS)  # be the client in Python
    arguments = parser.parse_args()
    counts = sorted(arguments.count or [10_000, 1_000_000])
    if arguments.target:
        return python_client(arguments.target, counts[0])
    grown = False
    print(f"{'client':8}{'server':8}{'items':>10}{'seconds':>9}{'client MiB':>12}{'server MiB':>12}")
    for client, server in (("Python", "Go"), ("Go", "Python")):
        peaks = []
        for count in counts:
            if client == "Python":
                serve = [arguments.go_server]
                ask = [sys.executable, __file__, "--target", "TARGET", "--count", str(count)]
            else:
                serve = [sys.executable, "-m", "resources_py", "serve"]
                ask = [arguments.go_client, "--target", "TARGET", "--timeout", "2h", "stream", str(count)]
            seconds, *memory = measure(serve, ask)
            peaks.append(memory)
            shown = "".join(f"{kib / 1024:12.1f}" for kib in memory)
            print(f"{client:8}{server:8}{count:10}{seconds:9.1f}{shown}", flush=True)
        grown |= any(last > 1.5 * first for first, last in zip(peaks[0], peaks[-1], strict=True))
    if grown:
        print("memory grows with the stream")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
