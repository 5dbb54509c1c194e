"""Compare Quantity with Go's, on generated texts, many of them invalid, and on pairs for comparison and arithmetic.

    python fuzz/differential_quantity.py --strings 200000 --pairs 20000 --seed 1 --oracle path/to/the/built/oracle

The last line is a summary. Prints the first twenty disagreements, and exits with 1 if there are any.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random
from typing import Any

from resources_py import Quantity, QuantityError
from resources_py._amounts import (
    CPU,
    GPU,
    MAX_QUANTITY_BYTES,
    Problem,
    Resource,
    convert_quantity,
    parse_amount,
    round_up_to_milli,
    wire_string,
)
from resources_py._quantity import canonical_string

CHUNK = 20_000  # texts or pairs in one run of the oracle
MOST = 2**63 - 1
ZERO = Quantity(0)

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"]
# Boundaries: the digits that fit Go's fast form, int64, multiples of 8, 1000 and 1024, a nano of an Ei.
EDGES = [
    *("0", "1", "7", "8", "9", "10", "100", "999", "1000", "1001", "1023", "1024", "1025", "1536", "2048", "1048576"),
    *("99999", "100000", "99999999", "100000000", "99999999999", "100000000000", "99999999999999", "100000000000000"),
    *(str(10**n + d) for n in (15, 16, 17, 18, 19) for d in (-1, 0, 1)),
    *(str(2**n + d) for n in (31, 32, 33, 43, 53, 60, 62, 63, 64) for d in (-1, 0, 1)),
    *(str((2**63 - 1) // 2**n + d) for n in (10, 20, 30, 40, 50) for d in (0, 1)),
    *("9223372036854775.807", "9007199254740991.9990234375", "9007199254740991.9990234376", "7.99999999999999999999"),
    *("0.000000001", "0.0000000001", "0.0009765625", "0.001", "0.0001", ".999999999", ".9999999999", "999.9999999999"),
]
STRANGE = "0123456789.+-eEinumkKMGTP" * 3 + "bBcghptxyzIN _,'\n\t\r\0%/"
STRANGE += "\u00b5\u2212\u00a0\u0660\u0663\u00e9\uff0e\uff15\uff4d\uff2d\U0001d7d7"


def digits(random: Random, longest: int) -> str:
    length = random.randint(0, longest)
    kind = random.random()
    if kind < 0.7:
        return "".join(random.choices("0123456789", k=length))
    if kind < 0.8:
        return "0" * length
    if kind < 0.9:
        return "9" * length
    return "".join(random.choices("09", k=length))


def number(random: Random) -> str:
    kind = random.random()
    if kind < 0.25:
        text = random.choice(EDGES)
    elif kind < 0.5:
        text = str(random.randint(0, 10 ** random.randint(1, 6)))
    else:
        longest = 1200 if kind > 0.9995 else 60 if kind > 0.97 else random.choice((3, 12, 20))
        text = digits(random, longest)
        if random.random() < 0.5:
            text += "." + digits(random, longest)
    sign = random.choice(("", "", "", "", "-", "-", "+"))
    return sign + "0" * (random.randint(0, 20) if random.random() < 0.1 else 0) + text


def suffix(random: Random) -> str:
    kind = random.random()
    if kind < 0.72:
        return random.choice(SUFFIXES)
    if kind < 0.93:
        size = 3 if kind > 0.915 else 2 if kind > 0.88 else 1
        zeros = "0" * (random.randint(0, 4) if random.random() < 0.2 else 0)
        exponent = str(random.randint(0, 10**size - 1))
        return random.choice("eE") + random.choice(("", "", "+", "-", "-")) + zeros + exponent
    if kind < 0.96:
        return random.choice("eE") + random.choice(("", "+", "-")) + digits(random, random.choice((5, 25)))
    return "".join(random.choices("eEinumkKMGTP", k=random.randint(1, 4))) + random.choice(("", "+", "-", "5"))


def spoilt(random: Random, text: str) -> str:
    for _ in range(random.choice((1, 1, 1, 2, 4))):
        place = random.randint(0, len(text))
        kind = random.randrange(5)
        if kind == 0:
            text = text[:place] + text[place + 1 :]
        elif kind == 1:
            text = text[:place] + random.choice(STRANGE) + text[place:]
        elif kind == 2:
            text = text[:place] + random.choice(STRANGE) + text[place + 1 :]
        elif kind == 3:
            text = text[place:] + text[:place]
        else:
            text = text[:place] + text[place : place + 3] * 2 + text[place + 3 :]
    return text


def near_a_nano(random: Random) -> str:
    """Write a whole number of billionths with a binary suffix, exactly or off by a distant decimal."""
    power = random.randrange(6)
    ten = 10 ** (10 * power + 19)  # each is a number of 2^-10, 2^-20, ... billionths, and so many decimals
    written = random.randrange(10 ** random.choice((3, 12, 20, 28))) * 5 ** (10 * power + 10)
    text = f"{written // ten}.{written % ten:0{10 * power + 19}}"
    return text + "0" * random.choice((0, 0, 1, 5, 40)) + random.choice(("", "1", "9")) + SUFFIXES[10 + power]


def sound(random: Random) -> str:
    return near_a_nano(random) if random.random() < 0.02 else number(random) + suffix(random)


def a_text(random: Random) -> str:
    text = sound(random)
    return spoilt(random, text) if random.random() < 0.25 else text


def a_pair(random: Random) -> tuple[str, str, int]:
    left, right = sound(random), sound(random)
    if random.random() < 0.3:  # close to each other: the same number, written or scaled differently
        right = left.lstrip("+-") if random.random() < 0.3 else number(random) + left.lstrip("+-.0123456789")
    if random.random() < 0.1:
        left = random.choice(("0", "0Ki", "0e3", "-0", "0.0Gi"))
    factor = random.choice((0, 1, -1, 2, 10, 1000, 1024, -1024, random.randint(-MOST, MOST), random.randint(-99, 99)))
    return left, right, factor


def taken(resource: Resource, value: str | Quantity) -> object:
    """Return why `value` is rejected as an amount; otherwise its text, rounded up as in Resolve, and as sent."""
    found = parse_amount(resource, value) if isinstance(value, str) else convert_quantity(resource, value)
    if isinstance(found, Problem):
        return found.reason
    sound = round_up_to_milli(found)
    return canonical_string(*sound[:2]), wire_string(sound)


def difference(text: str, go: dict[str, Any]) -> str | None:
    """Return how our result for `text` differs from Go's."""
    try:
        quantity = Quantity(text)
    except QuantityError as error:
        ours: dict[str, Any] = {"reason": error.reason}
        return None if ours == go else f"{ours} instead of {go}"
    if "reason" in go:
        return f"accepted instead of {go}"
    canonical, value = str(quantity), Decimal(go["value"])
    ours = {"value": quantity.decimal, "format": quantity.format, "canonical": canonical}
    theirs = {"value": value, "format": go["format"], "canonical": go["canonical"]}
    for name, number_of in (("whole", lambda: quantity.value), ("milli", lambda: quantity.milli_value)):
        if name in go:
            ours[name], theirs[name] = number_of(), int(go[name])
    inside, whole = -MOST <= value <= MOST, value == int(value)
    ours["facts"], theirs["facts"] = (quantity < ZERO, quantity.value == quantity.decimal), (value < 0, whole)
    theirs["taken"] = expected_amounts(go, inside=inside, negative=value < 0, whole=whole)
    ours["taken"] = (taken(CPU, quantity), taken(GPU, quantity))
    if len(text) <= MAX_QUANTITY_BYTES:
        ours["taken as text"], theirs["taken as text"] = (taken(CPU, text), taken(GPU, text)), theirs["taken"]
    if "again" in go:
        ours["again"], theirs["again"] = str(Quantity(canonical)), go["again"]
    if inside:  # the second pass is a fixed point, and Go's String() prints it unchanged
        ours["string"], theirs["string"] = str(Quantity(go["again"])), go["string"]
    rebuilt, extra = quantity.__reduce__()
    back = rebuilt(*extra)
    if (back, back.format, taken(CPU, back)) != (quantity, quantity.format, ours["taken"][0]):
        return f"is taken apart into {extra}"
    return None if ours == theirs else f"{ours} instead of {theirs}"


def expected_amounts(go: dict[str, Any], *, inside: bool, negative: bool, whole: bool) -> tuple[Any, Any]:
    """Return what must become of a quantity as an amount of CPU, and of GPUs: its strings, or a reason."""
    if go.get("capped") or not inside:
        return "OUT_OF_RANGE", "OUT_OF_RANGE"
    if negative:
        return "NEGATIVE", "NEGATIVE"
    rounded = (go["rounded"], str(Quantity(go["rounded"])))
    return rounded, rounded if whole else "NOT_WHOLE"


def pair_difference(left_text: str, right_text: str, factor: int, go: dict[str, Any]) -> str | None:
    """Return how our arithmetic differs from Go's."""
    try:
        left, right = Quantity(left_text), Quantity(right_text)
    except QuantityError as error:
        return None if go.get("refused") else f"{error} instead of {go}"
    if go.get("refused"):
        return "accepted instead of refused"
    order = (left > right) - (left < right)
    others = ((left >= right) - (left <= right), 0 if left == right else order, order or hash(left) != hash(right))
    if order != go["cmp"] or others != (order, order, order):
        return f"compared as {order} and {others} instead of {go['cmp']}"
    operations = {"sum": lambda: left + right, "difference": lambda: left - right, "multiple": lambda: left * factor}
    for name, operation in operations.items():
        theirs = go[name]
        try:
            ours = operation()
        except QuantityError as error:
            if theirs != {"reason": error.reason}:
                return f"{name}: {error} instead of {theirs}"
            continue
        if "reason" in theirs:
            return f"{name}: {ours!r} instead of {theirs}"
        if (ours.decimal, ours.format, str(ours)) != (Decimal(theirs["value"]), theirs["format"], theirs["canonical"]):
            return f"{name}: {ours.decimal} {ours.format} {ours} instead of {theirs}"
        back = eval(repr(ours), {"Quantity": Quantity})
        if (back, back.format) != (ours, ours.format):
            return f"{name}: {ours!r} is no {ours.format}"
    return None


def told(check: Callable[..., str | None], *details: Any) -> str | None:
    try:
        return check(*details)
    except Exception as error:
        return f"raises {error!r}"


def ask(oracle: str, requests: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    lines = "\n".join(map(json.dumps, requests)) + "\n"
    answers = subprocess.run([oracle], input=lines.encode(), stdout=subprocess.PIPE, check=True).stdout.splitlines()
    assert len(answers) == len(requests), "the oracle does not answer each line with one"
    return map(json.loads, answers)


def work(job: tuple[str, str, str, int]) -> tuple[Counter[str], list[str]]:
    oracle, kind, seed, count = job
    random = Random(seed)
    found: list[str] = []
    counts: Counter[str] = Counter()
    if kind == "strings":
        texts = [a_text(random) for _ in range(count)]
        for text, go in zip(texts, ask(oracle, [{"text": text} for text in texts]), strict=True):
            counts[go.get("reason", "accepted")] += 1
            if problem := told(difference, text, go):
                found.append(f"{text!r}: {problem}")
    else:
        pairs = [a_pair(random) for _ in range(count)]
        requests = [{"left": left, "right": right, "factor": str(factor)} for left, right, factor in pairs]
        for pair, go in zip(pairs, ask(oracle, requests), strict=True):
            counts["pairs refused" if go.get("refused") else "pairs calculated"] += 1
            if problem := told(pair_difference, *pair, go):
                found.append(f"{pair!r}: {problem}")
    return counts, found


def main() -> int:
    parser = argparse.ArgumentParser(description="Compare Quantity with Go's.")
    parser.add_argument("--strings", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=None, help="the same seed generates the same texts")
    parser.add_argument("--oracle", required=True, help="the program built from conformance/oracle")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    seed = Random().randrange(10**9) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)

    jobs = [
        (options.oracle, kind, f"{seed} {kind} {start}", min(CHUNK, total - start))
        for kind, total in (("strings", options.strings), ("pairs", options.pairs))
        for start in range(0, total, CHUNK)
    ]
    begun = time.monotonic()
    counts: Counter[str] = Counter()
    found: list[str] = []
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for chunk_counts, chunk_found in pool.imap(work, jobs):
            counts += chunk_counts
            found += chunk_found
    for problem in found[:20]:
        print(problem)
    summary = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    took = time.monotonic() - begun
    asked = f"{options.strings} strings and {options.pairs} pairs, seed {seed}"
    print(f"{asked}: {len(found)} disagreements in {took:.0f} s ({summary})")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
