"""Compares `Resources` with the API server, and Go's Defaulted with what it stores."""

from __future__ import annotations

import warnings
from typing import Any, Final, Protocol

from differences import Finding
from oracle import Oracle, Verdict
from pods import pod_of
from report import Report

from resourceidl.service.v1 import resources_service_pb2 as service_pb
from resources_py import Quantity, Resources, ResourcesError, Violation
from resources_py.service._resolve import resolve_bytes

GPU: Final = "nvidia.com/gpu"
_NAMES: Final = {1: "cpu", 2: GPU, 3: "memory", 5: "ephemeral-storage"}
_PARAMETERS: Final = {"cpu": "cpu", "memory": "mem", GPU: "gpu", "ephemeral-storage": "ephemeral_storage"}
_SIDES: Final = ("requests", "limits")


def compare(oracle: Oracle, stanzas: list[Any], report: Report) -> None:
    """Compare what is accepted of stanzas, and what is stored."""
    verdicts = oracle.judge([pod_of(stanza) for stanza in stanzas])
    report.asked += len(stanzas)
    declared = []
    accepted = []
    for stanza, verdict in zip(stanzas, verdicts, strict=True):
        report.accepted += verdict.accepted
        if verdict.accepted:
            accepted.append((stanza, _stored(verdict)))
        read = _compare_reading(stanza, verdict, report)
        if read is not None:
            _compare_stored("resolve", stanza, resolve(read), _stored(verdict), report)
        if resources := read or declare(stanza):
            declared.append(resources)
    _compare_defaulted(oracle, accepted, report)
    compare_writing(oracle, declared, report)


def _compare_reading(stanza: Any, verdict: Verdict, report: Report) -> Resources | None:
    """Compare from_kubernetes; return the resources if both accept them."""
    try:
        read = Resources.from_kubernetes(stanza)
    except ResourcesError as error:
        if verdict.accepted:
            _explain("from_kubernetes", error, stanza, report)
        return None
    if verdict.accepted:
        return read
    report.differs(("from_kubernetes: rejected there",), stanza, _errors_of(verdict))
    return None


def _explain(where: str, error: ResourcesError, stanza: Any, report: Report) -> None:
    """Look up in the table what the API server accepts and this package does not."""
    for violation in error.violations:
        if not report.explains(Finding(where, violation.reason, _value_of(stanza, violation))):
            report.differs((f"{where}: accepted there", violation.reason), stanza, str(error))


def _value_of(stanza: Any, violation: Violation) -> Any:
    """Return the value of a field: `limits["cpu"]`, `requests`, or that of the stanza itself."""
    side, _, name = violation.field.removesuffix('"]').partition('["')
    entries = stanza.get(side) if side else stanza
    return entries.get(name) if name else entries


class Judge(Protocol):
    """The linked code of the API server, or a running one."""

    def judge(self, objects: list[Any]) -> list[Verdict]:
        """Return what the API server makes of each object."""


def compare_writing(judge: Judge, declared: list[Resources], report: Report) -> None:
    """Compare to_kubernetes and Resolve with what is made of a pod that declares these resources."""
    stanzas = [stanza_of(resources) for resources in declared]
    verdicts = judge.judge([pod_of(stanza) for stanza in stanzas])
    report.asked += len(stanzas)
    for resources, stanza, verdict in zip(declared, stanzas, verdicts, strict=True):
        report.accepted += verdict.accepted
        for where, act in (("to_kubernetes", Resources.to_kubernetes), ("resolve", resolve)):
            try:
                made = act(resources)
            except ResourcesError as error:
                if verdict.accepted:
                    _explain(where, error, stanza, report)
            else:
                if not verdict.accepted:
                    report.differs((f"{where}: rejected there",), stanza, _errors_of(verdict))
                elif where == "resolve":
                    _compare_stored(where, stanza, made, _stored(verdict), report)
                elif made != stanza:
                    report.differs((f"{where}: another stanza",), stanza, repr(made))


def _compare_defaulted(oracle: Oracle, accepted: list[tuple[Any, Any]], report: Report) -> None:
    for (stanza, stored), defaulted in zip(accepted, oracle.defaulted([stanza for stanza, _ in accepted]), strict=True):
        _compare_stored("Defaulted", stanza, defaulted, stored, report)


def _compare_stored(where: str, stanza: Any, ours: Any, theirs: Any, report: Report) -> None:
    if ours == theirs or (_amounts(ours) == _amounts(theirs) and report.explains(Finding(where, "SPELLING", theirs))):
        return
    report.differs((f"{where}: stored differently",), stanza, f"here {ours}\n  there {theirs}")


def _amounts(stanza: Any) -> Any:
    """Return a stanza with amounts, which are equal however they are written."""
    return {side: {name: Quantity(text) for name, text in entries.items()} for side, entries in stanza.items()}


def _stored(verdict: Verdict) -> Any:
    return verdict.stored["spec"]["containers"][0]["resources"]


def _errors_of(verdict: Verdict) -> str:
    return verdict.decoding or "; ".join(f"{error.field}: {error.detail}" for error in verdict.errors)


def declare(stanza: Any) -> Resources | None:
    """Return the resources that a stanza declares, by the constructor's rules; None if they are broken."""
    try:
        sides = [
            {_PARAMETERS[name]: value for name, value in (stanza.get(side) or {}).items() if name in _PARAMETERS}
            for side in _SIDES
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Resources.from_requests_and_limits(requests=sides[0], limits=sides[1])
    except (AttributeError, ResourcesError):
        return None


def stanza_of(resources: Resources) -> Any:
    """Return the stanza of resources, without regard to Kubernetes' rules."""
    sides = zip(_SIDES, (resources.requests, resources.limits), strict=True)
    names = {parameter: name for name, parameter in _PARAMETERS.items()}
    stanza = {side: {names[each]: str(amount) for each, amount in amounts.items()} for side, amounts in sides}
    return {side: entries for side, entries in stanza.items() if entries}


def resolve(resources: Resources) -> Any:
    """Return the stanza that Resolve says is stored."""
    request = service_pb.ResolveRequest(resources=resources.to_proto())
    answer = service_pb.ResolveResponse.FromString(resolve_bytes(request.SerializeToString())).resources
    sides = zip(_SIDES, (answer.requests, answer.limits), strict=True)
    stanza = {side: {_NAMES[entry.name]: entry.value for entry in entries} for side, entries in sides}
    return {side: entries for side, entries in stanza.items() if entries}
