"""Run the fuzz targets under atheris and update the corpus.

Usage: `fuzz.py --seconds N [--jobs N] [TARGET …]`. Each target starts from its corpus, which is then replaced by the
minimal set of inputs that reaches all known coverage. An input that fails, or takes more than a second of CPU time, is
printed and added to the corpus, so that `make test` fails until it is fixed.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import subprocess
import sys
import tempfile
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import process_time

import corpus

MAX_INPUT_BYTES = 2048  # longer inputs: see the tests of limits
# The CPU time that an input may take, so that other work on the machine does not count.
# libFuzzer's timeout uses wall time; it stops inputs that never end.
MOST_SECONDS = 1
LIMITS = ("-timeout=60", "-rss_limit_mb=2048", f"-max_len={MAX_INPUT_BYTES}")


def work(target: str, arguments: list[str]) -> None:
    """Run one target, in this process."""
    import atheris

    warnings.simplefilter("ignore")
    with atheris.instrument_imports(include=["resources_py"]):
        from targets import TARGETS

        TARGETS[target](b"")  # instrument lazy imports too

    def timed(data: bytes) -> None:
        begin = process_time()
        TARGETS[target](data)
        assert process_time() - begin < MOST_SECONDS, "it takes too long"

    # To merge, libFuzzer runs the first argument in a shell, followed by the others.
    atheris.Setup([shlex.join([sys.executable, __file__, "--work", target]), *arguments], timed)
    atheris.Fuzz()


def libfuzzer(target: str, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, __file__, "--work", target, *LIMITS, *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    return done.returncode, done.stdout


def fuzz(target: str, seconds: int, keep: bool) -> tuple[str, bool]:
    """Fuzz one target; return a summary line and whether it passed."""
    with tempfile.TemporaryDirectory() as folder:
        found, least, broken = (Path(folder, name) for name in ("found", "least", "broken"))
        for each in (found, least, broken):
            each.mkdir()
        for n, data in enumerate(corpus.read(target)):
            (found / str(n)).write_bytes(data)
        words = Path(folder, "words")
        words.write_text("".join(f'"{word}"\n' for word in WORDS))
        code, output = libfuzzer(
            target,
            f"-max_total_time={seconds}",
            f"-dict={words}",
            f"-artifact_prefix={broken}/",
            "-print_final_stats=1",
            str(found),
        )
        failures = {path.name: path.read_bytes() for path in broken.iterdir()}
        if keep:
            merged, log = libfuzzer(target, "-merge=1", str(least), str(found))
            kept = [path.read_bytes() for path in least.iterdir()]
            if merged or not kept:
                raise SystemExit(f"{target}: the corpus could not be merged\n{log}")
            corpus.write(target, [*kept, *failures.values()])
    stats = dict(re.findall(r"^stat::(\w+):\s+(\d+)", output, re.MULTILINE))
    runs, rate = int(stats.get("number_of_executed_units", 0)), int(stats.get("average_exec_per_sec", 0))
    covered = re.findall(r"cov: (\d+)", output)
    line = (
        f"{target:16} {runs:>12,} inputs  {rate:>7,}/s  {covered[-1] if covered else '?':>5} edges  "
        f"slowest {stats.get('slowest_unit_time_sec', '?')} s  peak {stats.get('peak_rss_mb', '?')} MiB"
    )
    for name, data in failures.items():
        line += f"\n  {name.partition('-')[0]}: {data!r}"
    if code or failures:
        line += "\n" + output[-2000:]
    return line, not code and not failures


# Words that a fuzzer would hardly find on its own.
WORDS = (
    *("cpu", "mem", "gpu", "ephemeral_storage", "memory", "nvidia.com/gpu", "ephemeral-storage", "requests", "limits"),
    *("Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-9", "e1000", "null", "true", "NaN", "Infinity", "-", ".", "9" * 18),
    *("\\x0a\\x05\\x08\\x01\\x12\\x01", "\\x12\\x05\\x08\\x01\\x12\\x01", '[\\"1\\",', "\\\\ud800"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", default=[], help="all of them, unless given")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (%(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="targets at a time (%(default)s)")
    parser.add_argument("--no-keep", action="store_true", help="leave the committed corpus as it is")
    options = parser.parse_args()
    targets = options.targets or corpus.names()
    with ThreadPoolExecutor(options.jobs) as pool:
        well = True
        for line, good in pool.map(lambda target: fuzz(target, options.seconds, not options.no_keep), targets):
            print(line, flush=True)
            well = well and good
    return 0 if well else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--work"]:
        work(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
