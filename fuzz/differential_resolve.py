"""Send generated requests to the Python and the Go reference servers and compare the answers.

    python fuzz/differential_resolve.py --go-server PATH [--count N] [--seed S]

Two answers are equal if their bytes are, or if they have the same status code and the same fields and reasons of
violations, in order. The requests are valid, invalid and hostile: they vary texts, names, numbers of entries and
encodings, and some are not messages at all. Requests that the official runtime can read usually go through
ResolveStream, the others through Resolve. Some answers are sent again as requests and must come back unchanged.

The gRPC runtimes reject bytes that are not a request. They differ in two cases, which are counted separately: protobuf's
Python runtime cuts varints to 64 bits, and skips a field number 0 in an unknown group. Go rejects both.

Prints the first differences and a summary line. Exits with 1 if there was a difference.
"""

from __future__ import annotations

import argparse
import random
import re
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from resourceidl.service.v1 import resources_service_pb2 as service_pb

SERVICE = "/resourceidl.service.v1.ResourcesService/"
STREAM = 2_000  # items of one stream
SHOWN = 10  # differences
UNDER_WAY = 64  # unary calls at once
Outcome = tuple[Any, ...]


# ---- texts

PLAIN = (
    "0",
    "1",
    "2",
    "4",
    "8",
    "100m",
    "250m",
    "500m",
    "1500m",
    "0.5",
    ".5",
    "1.5",
    "2.50",
    "64Mi",
    "128Mi",
    "1Gi",
    "1.5Gi",
    "10Gi",
    "1Ti",
    "512M",
    "2G",
    "1e3",
    "1E3",
    "5e-1",
    "31.25Ki",
)
SUFFIXES = ("", *"numkMGTPE", *(letter + "i" for letter in "KMGTPE"))
WRONG_SUFFIXES = (
    "K",
    "Mb",
    "GB",
    "gi",
    "mi",
    "ki",
    "Kib",
    "B",
    "b",
    "i",
    "e",
    "E+",
    "e-",
    "ei",
    "Ee",
    "ni",
    "1",
    ".",
    "m1",
    "kk",
    "MiMi",
)
EDGES = (2**63 - 1, 2**63, 2**63 + 1, 2**64, 2**31, 2**53, 2**60, 10**18, 10**19, 999, 1000, 1001, 1023, 1024, 1025)
ALPHABET = "0123456789+-.eEinumkKMGTPx _,\x00\n\t\u00a0\u0661\u00b5\u00e9\u2009\U0001f600"


class Texts:
    """Generate texts for an entry's value: quantities and near misses."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._kinds: list[Callable[[], str]] = [self.plain] * 4 + [self.number] * 4
        self._kinds += [self.exponent, self.edge, self.mutated, self.mutated, self.long, self.noise]

    def any(self) -> str:
        return self._rng.choice(self._kinds)()

    def plain(self) -> str:
        return self._rng.choice(PLAIN)

    def digits(self) -> str:
        rng = self._rng
        length = rng.choice((0, 1, 1, 1, 2, 2, 3, 3, 4, 6, 9, 10, 12, 15, 18, 19, 20, 25, 40))
        return "".join(rng.choices(rng.choice(("0123456789", "09", "0", "05")), k=length))

    def number(self) -> str:
        rng = self._rng
        sign = rng.choice(("",) * 8 + ("+", "-"))
        point = "." + self.digits() if rng.random() < 0.4 else ""
        suffix = rng.choice(SUFFIXES if rng.random() < 0.93 else WRONG_SUFFIXES)
        return sign + self.digits() + point + suffix

    def exponent(self) -> str:
        rng = self._rng
        size = rng.choice(
            (0, 0, 1, 2, 3, 6, 9, 12, 18, 19, 20, 99, 100, 500, 999, 1000, 1001, 9999, 2**31, 2**63, 10**30)
        )
        zeros = "0" * rng.choice((0, 0, 0, 1, 3, 20))
        return (
            self.number().rstrip("iKMGTPEnumk")
            + rng.choice("eE")
            + rng.choice(("", "", "+", "-", "-"))
            + zeros
            + str(size)
        )

    def edge(self) -> str:
        rng = self._rng
        number = rng.choice(EDGES) + rng.choice((-1, 0, 0, 1))
        suffix = rng.choice(SUFFIXES)
        if suffix and rng.random() < 0.7:  # the edge in units of the suffix, more or less
            number = number * 1000 // (1024 if suffix.endswith("i") else 1000) ** rng.randint(0, 6)
            text = f"{number // 1000}.{number % 1000:03}" if rng.random() < 0.7 else str(number // 1000)
        else:
            text = str(number)
        return (
            rng.choice(("", "", "", "-", "+")) + text + rng.choice(("", "", ".", ".000000001", ".0000000001")) + suffix
        )

    def mutated(self) -> str:
        rng = self._rng
        text = list(rng.choice((self.plain, self.number, self.edge))())
        for _ in range(rng.randint(1, 3)):
            at, character = rng.randint(0, len(text)), rng.choice(ALPHABET)
            text[at : at + rng.randint(0, 2)] = rng.choice(([], [character], [character] * 2))
        return "".join(text)

    def long(self) -> str:
        """Return a text of about the maximum length, or far longer."""
        rng = self._rng
        length = rng.choice((60, 61, 62, 63, 64, 65, 66, 100, 300, 5000))
        text = rng.choice(("0", "9", "1", ".", "\u00e9", "\U0001f600", "1e", "-", "0."))
        text = (text * length)[:length]
        return text[: max(0, length - 3)] + rng.choice(("", "1", "m", "Ki", "e9", "e-9", "e1000", ".5"))

    def noise(self) -> str:
        return "".join(self._rng.choices(ALPHABET, k=self._rng.randint(0, 70)))

    def near(self, text: str) -> str:
        """Return almost the same amount in another spelling, if that is easy: the same thousandth, or the next."""
        rng = self._rng
        number = int(text.rstrip("m")) if re.fullmatch("[0-9]{1,15}m?", text, re.ASCII) else None
        if number is None:
            return text if rng.random() < 0.9 else self.any()
        nano = number * (10**6 if text.endswith("m") else 10**9) + rng.choice(
            (-(10**6), -999_999, -1, 0, 0, 0, 0, 1, 10**6)
        )
        shape = rng.choice((0, 0, 3, 6, 9))
        if nano < 0 or nano % 10**shape:
            shape = 0
        return rng.choice((text, f"{nano // 10**shape}{'num'[shape // 3] if shape < 9 else ''}", f"{nano}e-9"))


# ---- messages, as bytes: written here, so that they can be written in any way


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


class Requests:
    """Generate requests, as bytes. Some are earlier answers."""

    NAMES = (1, 2, 3, 5)
    STRANGE_NAMES = (0, 4, 6, 7, 99, 2**31 - 1, 2**31, 2**32 + 1, 2**63, 2**64 - 1, 2**64 - 2)

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._texts = Texts(rng)
        self._answers: deque[bytes] = deque(maxlen=1000)

    def saw(self, answer: bytes) -> None:
        self._answers.append(answer)

    def any(self) -> tuple[str, bytes]:
        """Return a request and its kind."""
        rng, chance = self._rng, self._rng.random()
        if chance < 0.04 and self._answers:
            return "answer", rng.choice(self._answers)
        request = self.request()
        if chance < 0.90:
            return "message", request
        if chance < 0.99:
            return "mutated", self.mutated(request)
        return "noise", rng.randbytes(rng.randint(0, 40))

    def request(self) -> bytes:
        rng = self._rng
        resources = self.resources()
        if rng.random() < 0.97:
            request = delimited(1, resources)
        else:  # the same field twice, which are merged
            at = rng.randint(0, len(resources))
            request = delimited(1, self.resources()) + delimited(1, resources if at % 2 else b"")
        return self.strewn([request])

    def resources(self) -> bytes:
        rng = self._rng
        requests, limits = self.pairs([]), []
        limits = self.pairs(requests)
        parts = [delimited(1, self.entry(*pair)) for pair in requests] + [
            delimited(2, self.entry(*pair)) for pair in limits
        ]
        if rng.random() < 0.3:
            rng.shuffle(parts)
        return self.strewn(parts)

    def pairs(self, others: list[tuple[int, str]]) -> list[tuple[int, str]]:
        """Return names and values of one list, some of them close to `others`."""
        rng = self._rng
        if rng.random() < 0.02:
            count = rng.choice((5, 8, 15, 16, 17, 18, 40))
            return [(rng.choice(self.NAMES + self.STRANGE_NAMES), self._texts.any()) for _ in range(count)]
        names = rng.sample(self.NAMES, rng.choice((0, 1, 1, 2, 2, 3, 4)))
        if rng.random() < 0.08:
            names.append(rng.choice(self.NAMES + self.STRANGE_NAMES))
        found = dict(others)
        return [
            (name, self._texts.near(found[name]) if name in found and rng.random() < 0.8 else self.value(name))
            for name in names
        ]

    def value(self, name: int) -> str:
        rng = self._rng
        if name == 2 and rng.random() < 0.7:
            return rng.choice(("0", "1", "1", "2", "4", "8", "1000m", "1k", "1e0", "500m", "0.9999", "1.0000000001"))
        return self._texts.plain() if rng.random() < 0.6 else self._texts.any()

    def entry(self, name: int, value: str) -> bytes:
        rng = self._rng
        parts = []
        if name or rng.random() < 0.5:
            parts.append(b"\x08" + varint(name))
        text = value.encode("utf-8", "surrogatepass")
        if text or rng.random() < 0.5:
            parts.append(delimited(2, text))
        if rng.random() < 0.03:
            rng.shuffle(parts)
            parts += rng.sample(parts, rng.randint(0, len(parts)))  # a repeated field: the last one counts
        return self.strewn(parts)

    def strewn(self, parts: list[bytes]) -> bytes:
        """Join the parts, rarely with unknown fields between them."""
        if self._rng.random() < 0.03:
            parts.insert(self._rng.randint(0, len(parts)), self.unknown())
        return b"".join(parts)

    def unknown(self) -> bytes:
        rng = self._rng
        field = rng.choice((3, 4, 15, 16, 1000, 2**29 - 1))
        if rng.random() < 0.2:
            return varint(field << 3 | 3) + (self.unknown() if rng.random() < 0.5 else b"") + varint(field << 3 | 4)
        kind, content = rng.choice(
            ((0, varint(rng.getrandbits(rng.choice((1, 7, 32, 64))))), (1, rng.randbytes(8)), (5, rng.randbytes(4)))
        )
        return delimited(field, rng.randbytes(5)) if rng.random() < 0.4 else varint(field << 3 | kind) + content

    def mutated(self, request: bytes) -> bytes:
        rng, data = self._rng, bytearray(request)
        for _ in range(rng.choice((1, 1, 1, 2, 4))):
            at = rng.randint(0, len(data))
            match rng.randint(0, 4):
                case 0 if at < len(data):
                    data[at] ^= 1 << rng.randint(0, 7)
                case 1 if at < len(data):
                    data[at] = rng.choice((0, 1, 0x0A, 0x12, 0x7F, 0x80, 0xFF, rng.getrandbits(8)))
                case 2:
                    del data[at : at + rng.choice((1, 1, 2, 8, 1000))]
                case 3:
                    data[at:at] = rng.randbytes(rng.choice((1, 1, 2, 5)))
                case _:
                    data[at:at] = data[max(0, at - rng.randint(1, 12)) : at]
        return bytes(data)


def only_python_reads(data: bytes, level: int = 0) -> bool:
    """Return whether a message has a varint of more than 64 bits as a value, or a field number 0 in a group.

    `level` is 0 for a request, 1 for a Resources, 2 for an entry.
    """
    at = groups = 0
    try:
        while at < len(data):
            tag, at = read_varint(data, at)
            number, kind = tag >> 3, tag & 7
            if groups and number == 0:
                return True
            if kind == 0:
                value, at = read_varint(data, at)
                if value >= 2**64:
                    return True
            elif kind == 2:
                length, at = read_varint(data, at)
                inner = not groups and number in ((1,), (1, 2), ())[level]
                if inner and only_python_reads(data[at : at + length], level + 1):
                    return True
                at += length
            else:
                groups += (kind == 3) - (kind == 4)
                at += {1: 8, 5: 4}.get(kind, 0)
    except IndexError:
        pass
    return False


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a position, of any size, and where it ends."""
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, at


# ---- comparing the servers


class Servers:
    """The two servers and the differences found."""

    def __init__(self, channels: dict[str, grpc.Channel]) -> None:
        self._unary = [channel.unary_unary(SERVICE + "Resolve") for channel in channels.values()]
        self._stream = [channel.stream_stream(SERVICE + "ResolveStream") for channel in channels.values()]
        self._names = list(channels)
        self.outcomes: Counter[str] = Counter()
        self.differences = 0
        self.read_by_one = 0
        self._futures: deque[tuple[str, bytes, list[Any]]] = deque()

    def stream(self, items: list[tuple[str, bytes]]) -> Iterator[bytes]:
        """Send all items to both servers; return the answers that are resources."""
        calls = [stream(iter([request for _, request in items])) for stream in self._stream]
        for kind, request in items:
            answers: list[Any] = []
            for call in calls:
                try:
                    answers.append(next(call))
                except grpc.RpcError as error:
                    answers.append(error)
            if any(isinstance(answer, grpc.RpcError) for answer in answers):
                self.compare(kind, request, [*map(self._outcome, answers)])
                raise SystemExit("a stream broke off: this item could be read here, and not there")
            outcomes = [("OK", answer) for answer in answers]
            if answers[0] != answers[1] or answers[0][:1] != b"\x0a":
                outcomes = [self._item(answer) for answer in answers]
            self.compare(kind, request, outcomes)
            if answers[0][:1] == b"\x0a":
                yield answers[0]
        for name, call in zip(self._names, calls, strict=True):
            if next(call, None) is not None:
                raise SystemExit(f"{name} gives more answers than there were items")

    def ask(self, kind: str, request: bytes) -> None:
        """Send one item to both servers. Answers are compared once many are in flight."""
        self._futures.append((kind, request, [unary.future(request) for unary in self._unary]))
        if len(self._futures) >= UNDER_WAY:
            self._finish_one()

    def finish(self) -> None:
        while self._futures:
            self._finish_one()

    def _finish_one(self) -> None:
        kind, request, futures = self._futures.popleft()
        self.compare(kind, request, [self._outcome(future) for future in futures])

    def _outcome(self, answer: Any) -> Outcome:
        if isinstance(answer, Future | grpc.Future):
            error = answer.exception()
            if error is None:
                return "OK", answer.result()
        else:
            error = answer
        status = rpc_status.from_call(error)
        if status is None:
            return (error.code().name,)
        bad = error_details_pb2.BadRequest()
        for detail in status.details:
            detail.Unpack(bad)
        return error.code().name, *self._places(bad.field_violations)

    def _item(self, answer: bytes) -> Outcome:
        """Return the outcome of an item as if it had been sent alone."""
        message = service_pb.ResolveStreamResponse.FromString(answer)
        if message.WhichOneof("result") == "resources":
            return "OK", answer
        return "INVALID_ARGUMENT", *self._places(message.violations.violations)

    def _places(self, violations: Any) -> list[tuple[str, str]]:
        for violation in violations:
            if not 0 < len(violation.description.encode()) <= 120:
                self.differences += 1
                print(f"a description of {len(violation.description.encode())} bytes: {violation}")
        return [(violation.field, violation.reason) for violation in violations]

    def compare(self, kind: str, request: bytes, outcomes: list[Outcome]) -> None:
        self.outcomes[outcomes[0][0]] += 1
        wrong = outcomes[0] != outcomes[1] or (kind == "answer" and outcomes[0] != ("OK", request))
        if wrong and ("INTERNAL",) in outcomes and only_python_reads(request):
            self.read_by_one += 1  # rejected by the runtimes, which differ in these two cases
        elif wrong:
            self.differences += 1
            if self.differences <= SHOWN:
                print(f"\n{kind}: {request.hex()}")
                for name, outcome in zip(self._names, outcomes, strict=True):
                    print(f"  {name}: {outcome}")


def readable(request: bytes) -> bool:
    try:
        service_pb.ResolveStreamRequest.FromString(request)
    except DecodeError:
        return False
    return True


def run(servers: Servers, count: int, seed: int) -> None:
    rng = random.Random(seed)
    requests = Requests(rng)
    left = count
    while left:
        items = []
        for _ in range(min(left, STREAM)):
            kind, request = requests.any()
            # Malformed messages might break the stream if only one server can read them.
            if kind in ("mutated", "noise") or rng.random() < 0.05 or not readable(request):
                servers.ask(kind, request)
            else:
                items.append((kind, request))
            left -= 1
        for answer in servers.stream(items):
            requests.saw(answer)
        servers.finish()


@contextmanager
def serving(command: list[str]) -> Iterator[str]:
    with subprocess.Popen([*command, "--address", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().removeprefix("listening on ").strip()
        finally:
            server.terminate()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--go-server", metavar="PATH", required=True, help="the reference server in Go")
    parser.add_argument("--count", metavar="N", type=int, default=20_000)
    parser.add_argument("--seed", metavar="S", type=int, default=time.time_ns() % 2**32)
    arguments = parser.parse_args()
    commands = {"Python": [sys.executable, "-m", "resources_py", "serve"], "Go": [arguments.go_server]}
    options = [("grpc.max_metadata_size", 64 * 1024)]
    begin = time.monotonic()
    with ExitStack() as stack:
        addresses = {name: stack.enter_context(serving(command)) for name, command in commands.items()}
        servers = Servers(
            {name: stack.enter_context(grpc.insecure_channel(at, options)) for name, at in addresses.items()}
        )
        run(servers, arguments.count, arguments.seed)
    outcomes = ", ".join(f"{count} {name}" for name, count in sorted(servers.outcomes.items()))
    print(
        f"{arguments.count} requests, seed {arguments.seed}: {servers.differences} differences "
        f"({outcomes}; {servers.read_by_one} that only Python's protobuf reads) "
        f"in {time.monotonic() - begin:.0f} s"
    )
    return 1 if servers.differences else 0


if __name__ == "__main__":
    sys.exit(main())
