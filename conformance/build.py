"""Build resolve.jsonl, declare.jsonl, combine.jsonl and container.jsonl from the hand-written cases in sources/.

    python conformance/build.py            write the files
    python conformance/build.py --check    exit with 1 if a file differs from its source
    python conformance/build.py --oracle   compare every expected quantity with Go's (runs conformance/oracle)

Requires only the protobuf runtime and the official bindings in generated/python; --oracle also requires Go. This
script only encodes: the sources contain every expected answer as text. README.md explains each field.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "generated" / "python"))

from google.protobuf import json_format  # noqa: E402

from resourceidl.service.v1 import resources_service_pb2 as service_pb2  # noqa: E402
from resourceidl.v1 import resources_pb2  # noqa: E402

NUMBERS = {"UNKNOWN": 0, "CPU": 1, "GPU": 2, "MEMORY": 3, "STORAGE": 4, "EPHEMERAL_STORAGE": 5}
ORDER = ("CPU", "MEMORY", "GPU", "EPHEMERAL_STORAGE")
REASONS = (
    "TOO_MANY_ENTRIES",
    "UNSUPPORTED_NAME",
    "DUPLICATE_NAME",
    "INVALID_QUANTITY",
    "OUT_OF_RANGE",
    "NEGATIVE",
    "NOT_WHOLE",
    "REQUEST_ABOVE_LIMIT",
    "REQUEST_NOT_EQUAL_LIMIT",
    "LIMIT_REQUIRED",
    "INVALID_NAME",
    "INVALID_PATH",
    "COUNT_REQUIRED",
    "CPU_OR_MEMORY_REQUIRED",
    "WRONG_TYPE",
    "WRONG_LENGTH",
)
WARNINGS = (  # in the order of the contract
    "GPU_OVERCOMMITTED",
    "GPU_LIMIT_MISSING",
    "NO_DIGITS",
    "BINARY_SUFFIX",
    "FRACTIONAL_BYTES",
    "TINY_MEMORY",
    "HUGE_CPU",
    "HUGE_GPU",
    "FINER_THAN_MILLI",
)
NEEDS = ("float", "decimal", "index")  # types that a language may lack
PARAMETERS = {"cpu": "CPU", "mem": "MEMORY", "gpu": "GPU", "ephemeral_storage": "EPHEMERAL_STORAGE"}

Json = dict[str, Any]
Entries = list[list[Any]]


# -- the wire, by hand ---------------------------------------------------------------------------------------------


def varint(number: int) -> bytes:
    """Encode `number` as a varint, in ten bytes if it is negative."""
    number &= (1 << 64) - 1
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def wire(fields: list[Any]) -> bytes:
    """Encode a message given as a list of fields, in the given order.

    A field is [number, content]: an int is a varint, a str a string, a list a message; {fixed32 = n}, {fixed64 = n},
    {group = fields} and {hex = "..."} (length-delimited bytes) are what they say. A str instead of a field is bytes in
    hexadecimal, put there as they are.
    """
    out = b""
    for field in fields:
        if isinstance(field, str):
            out += bytes.fromhex(field)
            continue
        number, content = field
        match content:
            case int():
                out += varint(number << 3) + varint(content)
            case {"fixed64": value}:
                out += varint(number << 3 | 1) + value.to_bytes(8, "little")
            case {"fixed32": value}:
                out += varint(number << 3 | 5) + value.to_bytes(4, "little")
            case {"group": value}:
                out += varint(number << 3 | 3) + wire(value) + varint(number << 3 | 4)
            case {"hex": value}:
                out += varint(number << 3 | 2) + varint(len(bytes.fromhex(value))) + bytes.fromhex(value)
            case str():
                out += varint(number << 3 | 2) + varint(len(content.encode())) + content.encode()
            case list():
                out += varint(number << 3 | 2) + varint(len(wire(content))) + wire(content)
            case _:
                raise ValueError(f"not a field: {field!r}")
    return out


def canonical(requests: Entries, limits: Entries) -> bytes:
    """Encode the expected Resources; check that its entries are in canonical order."""
    for entries in (requests, limits):
        names = [name for name, _ in entries]
        if names != [name for name in ORDER if name in names]:
            raise ValueError(f"an expected answer has its entries in canonical order, each once: {names}")
    return wire(
        [[1, [[1, NUMBERS[name]], [2, value]]] for name, value in requests]
        + [[2, [[1, NUMBERS[name]], [2, value]]] for name, value in limits]
    )


# -- resolve.jsonl -------------------------------------------------------------------------------------------------


def spelled(value: str | Json) -> str:
    """Expand a value of the sources: a text, or a repeated text."""
    if isinstance(value, str):
        return value
    text: str = value.get("before", "") + value["text"] * value["times"] + value.get("after", "")
    return text


def resolve_request(case: Json) -> service_pb2.ResolveRequest:
    """Build the request of a case that lists its entries."""
    request = service_pb2.ResolveRequest()
    if case.get("absent"):
        return request
    request.resources.SetInParent()
    for side in ("requests", "limits"):
        entries = getattr(request.resources, side)
        for name, value, *times in case.get(side, []):
            for _ in range(*times or [1]):
                entry = resources_pb2.Resources.ResourceEntry()
                # Any number is legal here, but the stubs allow only the enum's names.
                number: Any = NUMBERS[name] if isinstance(name, str) else name
                entry.name = number
                entry.value = spelled(value)
                entries.append(entry)
    return request


def resolve_line(case: Json) -> Json:
    """Return one line of resolve.jsonl."""
    line: Json = {"tag": case["tag"]}
    if "wire" in case:
        line["request"] = None
        line["hex"] = wire(case["wire"]).hex()
    else:
        request = resolve_request(case)
        line["request"] = json_format.MessageToDict(request, preserving_proto_field_name=True)
        line["hex"] = request.SerializeToString(deterministic=True).hex()
    if sum(key in case for key in ("answer", "violations", "status")) != 1:
        raise ValueError(f"{case['tag']}: either an answer, violations or a status")
    line["status"] = case.get("status") or ("OK" if "answer" in case else "INVALID_ARGUMENT")
    if "answer" in case:
        line["answer"] = wire([[1, {"hex": canonical(*case["answer"]).hex()}]]).hex()
    elif "violations" in case:
        if not case["violations"]:
            raise ValueError(f"{case['tag']}: no violations")
        for key in ("violations", "without_kubernetes"):
            if key in case:
                line[key] = problems([f"resources.{violation}" for violation in case[key]], REASONS)
    return line


def resolve_cases(source: Json) -> Iterator[Json]:
    """Yield the cases of resolve.toml, with its tables expanded."""
    for table in source["values"]:
        for tag, name, value, expected in table["rows"]:
            # A GPU goes into the limits, where it is legal alone; everything else goes into the requests.
            side = "limits" if name == "GPU" else "requests"
            case: Json = {"tag": tag, side: [[name, value]]}
            if expected in REASONS:
                case["violations"] = [f"{side}[0].value {expected}"]
            else:
                resolved = [[name, expected]]
                case["answer"] = [resolved, resolved if name == "GPU" else []]
            yield case
    for table in source["pairs"]:
        for tag, name, request, limit, *expected in table["rows"]:
            case = {"tag": tag, "requests": [[name, request]], "limits": [[name, limit]]}
            if expected[0] in REASONS:
                case["violations"] = [f"requests[0].value {expected[0]}"]
            else:
                case["answer"] = [[[name, expected[0]]], [[name, expected[1]]]]
            yield case
    yield from source["case"]


def resolve_text() -> str:
    """Return the text of resolve.jsonl."""
    source = tomllib.loads((HERE / "sources" / "resolve.toml").read_text("utf-8"))
    return text(resolve_line(case) for case in resolve_cases(source))


# -- declare.jsonl -------------------------------------------------------------------------------------------------


def argument(value: Any) -> Any:
    """Expand an argument: a typed text, or a list of arguments."""
    match value:
        case list():
            return [argument(element) for element in value]
        case {"text": str(text), "times": int(times)}:
            kind, _, rest = text.partition(":")
            return f"{kind}:{rest * times}"
    return value


def kinds(value: Any) -> Iterator[str]:
    """Yield the types of an argument."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, list):
            yield from kinds(each)
        else:
            yield each.partition(":")[0]


def problems(texts: list[str], known: tuple[str, ...]) -> list[Json]:
    """Parse violations or warnings, each "field REASON"."""
    found = [text.split(" ") for text in texts]
    if any(reason not in known for _, reason in found):
        raise ValueError(f"an unknown reason among {texts}")
    return [{"field": field, "reason": reason} for field, reason in found]


def declare_line(case: Json) -> Json:
    """Return one line of declare.jsonl."""
    arguments = {parameter: argument(value) for parameter, value in case["arguments"].items()}
    line: Json = {"tag": case["tag"], "arguments": arguments}
    if needs := sorted({kind for value in arguments.values() for kind in kinds(value)} & {*NEEDS}):
        line["needs"] = needs
    if "violations" in case:
        line["violations"] = problems(case["violations"], REASONS)
        return line
    line["wire"] = canonical(*entries_of(case["wire"])).hex()
    line["warnings"] = problems(case.get("warnings", []), WARNINGS)
    return line


def declare_cases(source: Json) -> Iterator[Json]:
    """Yield the cases of declare.toml, with its table expanded."""
    for table in source["values"]:
        for tag, parameter, value, expected, *warnings in table["rows"]:
            case: Json = {"tag": tag, "arguments": {parameter: value}}
            if isinstance(expected, str) and expected.rpartition(" ")[2] in REASONS:
                case["violations"] = [field_first(parameter, expected)]
            else:
                case["wire"] = {parameter: expected}
                case["warnings"] = [field_first(parameter, warning) for warning in warnings]
            yield case
    yield from source["case"]


def field_first(parameter: str, problem: str) -> str:
    """Prepend the parameter: for cpu, `[1] REASON` becomes `cpu[1] REASON`, and `REASON` becomes `cpu REASON`."""
    index, _, reason = problem.rpartition(" ")
    return f"{parameter}{index} {reason}"


def declare_text() -> str:
    """Return the text of declare.jsonl."""
    source = tomllib.loads((HERE / "sources" / "declare.toml").read_text("utf-8"))
    return text(declare_line(case) for case in declare_cases(source))


# -- combine.jsonl -------------------------------------------------------------------------------------------------


def combine_line(case: Json) -> Json:
    """Return one line of combine.jsonl."""
    line: Json = {"tag": case["tag"], "operation": case["operation"]}
    for key in ("resources", "other", "answer"):
        if key in case:
            line[key] = canonical(*entries_of(case[key])).hex()
    if ("answer" in case) == ("violations" in case):
        raise ValueError(f"{case['tag']}: either an answer or violations")
    if "violations" in case:
        line["violations"] = [{"name": PARAMETERS[field], "reason": reason} for field, reason in case["violations"]]
    return line


def entries_of(declared: Json) -> tuple[Entries, Entries]:
    """Return requests and limits of a mapping from the parameter to one value, or to [request, limit]."""
    sides: tuple[Entries, Entries] = ([], [])
    for parameter, name in PARAMETERS.items():
        given = declared.get(parameter, ["-", "-"])
        for entries, value in zip(sides, [given] * 2 if isinstance(given, str) else given, strict=True):
            if value != "-":
                entries.append([name, value])
    return sides


def combine_text() -> str:
    """Return the text of combine.jsonl."""
    source = tomllib.loads((HERE / "sources" / "combine.toml").read_text("utf-8"))
    return text(combine_line(case) for case in source["case"])


# -- container.jsonl -----------------------------------------------------------------------------------------------


def with_many(written: str, *additions: list[Any]) -> Json:
    """Return ProtoJSON with entries added to its lists."""
    message: Json = json.loads(written)
    for path, entry, times in additions:
        *parents, last = path.split(".")
        at = message
        for key in parents:
            at = at.setdefault(key, {})
        at.setdefault(last, []).extend(json.loads(entry.replace("%d", f"{number:02}")) for number in range(times))
    return message


def container_line(case: Json) -> Json:
    """Return one line of container.jsonl."""
    request = with_many(case["request"], *[case[key] for key in ("many",) if key in case])
    sent = json_format.ParseDict({"containerResources": request}, service_pb2.ResolveContainerRequest())
    line: Json = {"tag": case["tag"], "request": {"containerResources": request}}
    line["hex"] = sent.SerializeToString(deterministic=True).hex()
    if "violations" in case:
        line["violations"] = problems([f"container_resources.{each}" for each in case["violations"]], REASONS)
        return line
    answer = request if case["answer"] == "same" else with_many(case["answer"], *case.get("answer_many", []))
    answered = json_format.ParseDict({"containerResources": answer}, service_pb2.ResolveContainerResponse())
    line["answer"] = answered.SerializeToString(deterministic=True).hex()
    if "container" in case or "pod" in case:
        line["kubernetes"] = {key: json.loads(case.get(key, "{}")) for key in ("container", "pod")}
    return line


def container_text() -> str:
    """Return the text of container.jsonl."""
    source = tomllib.loads((HERE / "sources" / "container.toml").read_text("utf-8"))
    return text(container_line(case) for case in source["case"])


# -- all -----------------------------------------------------------------------------------------------------------


def text(lines: Iterator[Json]) -> str:
    """Format JSON lines; check that tags are unique."""
    out: dict[str, str] = {}
    for line in lines:
        if line["tag"] in out:
            raise ValueError(f"two cases are tagged {line['tag']}")
        out[line["tag"]] = json.dumps(line) + "\n"
    return "".join(out.values())


# -- comparing with Go ---------------------------------------------------------------------------------------------


def ask_go(texts: list[str]) -> list[Json]:
    """Return Go's answer for each text, from conformance/oracle."""
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    command = ["go", "run", "."]
    done = subprocess.run(command, cwd=HERE / "oracle", input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


Judged = Iterator[tuple[str, str, str, str]]


def judged() -> Judged:
    """Yield the tag, text, relevant field of the answer, and expected string or reason of each single quantity.

    "rounded" is for Resolve, which rounds up to a thousandth, "canonical" for the wire, which does not.
    """
    yield from judged_by_resolve()
    yield from judged_by_the_constructor()


def judged_by_resolve() -> Judged:
    source = tomllib.loads((HERE / "sources" / "resolve.toml").read_text("utf-8"))
    for table in source["values"]:
        for tag, _, value, expected in table["rows"]:
            yield tag, spelled(value), "rounded", expected
    for table in source["pairs"]:
        for tag, _, request, limit, *expected in table["rows"]:
            if len(expected) == 2:
                yield tag, spelled(request), "rounded", expected[0]
                yield tag, spelled(limit), "rounded", expected[1]
    for case in source["case"]:
        for entries in case.get("answer", []):
            for _, expected in entries:
                yield case["tag"], expected, "rounded", expected


def judged_by_the_constructor() -> Judged:
    for case in declare_cases(tomllib.loads((HERE / "sources" / "declare.toml").read_text("utf-8"))):
        for parameter, expected in case.get("wire", {}).items():
            value = argument(case["arguments"][parameter])
            values = value if isinstance(value, list) else [value] * 2
            for text, want in zip(values, [expected] * 2 if isinstance(expected, str) else expected, strict=True):
                kind, _, spelling = text.partition(":")
                if kind in ("str", "int", "index", "quantity", "decimal"):
                    yield case["tag"], spelling, "canonical", want


def agrees(answer: Json, again: str, text: str, expected: str) -> bool:
    """Return whether Go's answer for a text, and its string on the wire, match the expectation."""
    accepted = "reason" not in answer
    match expected:
        case "INVALID_QUANTITY":
            return len(text.encode()) > 64 or (not accepted and answer["reason"] != "range")
        case "OUT_OF_RANGE" if not accepted:
            return bool(answer["reason"] == "range")
        case "OUT_OF_RANGE":
            number, _, exponent = answer["value"].lstrip("-").partition("e")
            # A capped binary value is 2^63-1 itself.
            slack = 1 if answer["format"] == "BinarySI" else 0
            return Fraction(number) * Fraction(10) ** int(exponent) > 2**63 - 1 - slack
        case "NEGATIVE":
            return accepted and answer["value"].startswith("-")
        case "NOT_WHOLE":
            return accepted and int(answer["value"].partition("e")[2]) < 0
    return again == expected


def compare_with_go() -> int:
    """Print each expected quantity that differs from Go's; return 1 if there are any."""
    cases = list(judged())
    first = ask_go([text for _, text, _, _ in cases])
    # Both have been printed once. The second pass is what goes on the wire.
    printed = [answer.get(field, "") for answer, (_, _, field, _) in zip(first, cases, strict=True)]
    second = [answer.get("canonical", "") for answer in ask_go(printed)]
    wrong = 0
    for (tag, text, _, expected), answer, again in zip(cases, first, second, strict=True):
        if not agrees(answer, again, text, expected):
            print(f"{tag}: {text!r} should give {expected}, Go says {again or answer}", file=sys.stderr)
            wrong += 1
    print(f"{len(cases)} quantities compared with Go, {wrong} different")
    return min(wrong, 1)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the files on disk, write nothing")
    parser.add_argument("--oracle", action="store_true", help="compare the sources with Go, write nothing")
    arguments = parser.parse_args()
    if arguments.oracle:
        return compare_with_go()
    stale = 0
    for name, content in {
        "resolve.jsonl": resolve_text(),
        "declare.jsonl": declare_text(),
        "combine.jsonl": combine_text(),
        "container.jsonl": container_text(),
    }.items():
        path = HERE / "vectors" / name
        if arguments.check:
            if not path.exists() or path.read_text("utf-8") != content:
                print(f"{name} differs from its source: run conformance/build.py", file=sys.stderr)
                stale = 1
        else:
            path.write_text(content, "utf-8", newline="\n")
            print(f"{name}: {content.count(chr(10))} cases")
    return stale


if __name__ == "__main__":
    sys.exit(main())
