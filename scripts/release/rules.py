"""The rules of a release. Each function returns the problems it finds, one text each."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from email import message_from_string
from typing import Any

TOP_LEVEL = {"resources_py", "resourceidl", "resourceidl_betterproto"}
# What a wheel must have, whatever the repository has.
REQUIRED = {
    *(f"{package}/py.typed" for package in TOP_LEVEL),
    "resourceidl/v1/resources.proto",
    "resourceidl/v1/extended_resources.proto",
    "resourceidl/v1/container_resources.proto",
    "resourceidl/service/v1/resources_service.proto",
    "resources_py/accelerators.json",
    *(f"resources_py/cli/conformance/vectors/{name}.jsonl" for name in ("declare", "quantities", "resolve")),
}
# Folders of the repository, and what each becomes in the wheel.
_PACKAGED = {
    "resources_py/": "resources_py/",
    "generated/python/resourceidl/": "resourceidl/",
    "generated/betterproto/resourceidl_betterproto/": "resourceidl_betterproto/",
}
_VECTORS = "resources_py/cli/conformance/vectors/"


def tree_problems(status: str) -> list[str]:
    """Check the output of `git status --porcelain`."""
    return [f"not committed: {line}" for line in status.splitlines()]


def version_problems(version: str, mentions: Mapping[str, str], tags: Collection[str]) -> list[str]:
    """Check the version, the places that mention it, and that it has not been released."""
    problems = []
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", version):
        problems.append(f"{version} is not of the form X.Y.Z, which Go requires")
    problems += [f"{place} has {other}, not {version}" for place, other in mentions.items() if other != version]
    problems += [f"the tag {tag} exists" for tag in go_tags(version) if tag in tags]
    return problems


def go_tags(version: str) -> tuple[str, str]:
    """Return the tags of a version: of the root module, and of the module in resources_go/."""
    return f"v{version}", f"resources_go/v{version}"


def changelog_problems(text: str, version: str) -> list[str]:
    """Check that the changelog has a dated section for the version, and nothing newer."""
    sections = {}
    for part in re.split(r"^## ", text, flags=re.M)[1:]:
        heading, _, body = part.partition("\n")
        sections[heading.strip()] = body.strip()
    problems = []
    if sections.get("Unreleased"):
        problems.append("there are entries under Unreleased")
    headings = [heading for heading in sections if heading != "Unreleased"]
    if not headings or headings[0].split()[0] != version:
        return [*problems, f"the first section is not {version} but {headings[0] if headings else 'missing'}"]
    dated = re.fullmatch(r"\S+ - (\d{4}-\d{2}-\d{2})", headings[0])
    if not dated or not _is_date(dated[1]):
        problems.append(f"the section {headings[0]} has no date: `## {version} - YYYY-MM-DD`")
    if not re.search(r"^- \S", sections[headings[0]], re.M):
        problems.append(f"the section {headings[0]} has no entries")
    return problems


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def wheel_problems(names: Collection[str], tracked: Collection[str]) -> list[str]:
    """Compare the files in a wheel with those in the repository."""
    packaged = {name for name in names if not name.partition("/")[0].endswith(".dist-info")}
    tops = {name.partition("/")[0] for name in packaged}
    problems = [f"a top-level name that is not ours: {top}" for top in sorted(tops - TOP_LEVEL)]
    expected = {
        inside + path.removeprefix(folder)
        for path in tracked
        for folder, inside in _PACKAGED.items()
        if path.startswith(folder)
    }
    expected |= REQUIRED
    problems += [f"missing: {name}" for name in sorted(expected - packaged)]
    problems += [f"not in the repository: {name}" for name in sorted(packaged - expected)]
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in names):
        problems.append("missing: the license")
    return problems


def metadata_problems(text: str, version: str, extras: Collection[str]) -> list[str]:
    """Check the METADATA of a wheel."""
    metadata = message_from_string(text)
    expected: dict[str, list[str]] = {
        "Name": ["resources-py"],
        "Version": [version],
        "License-Expression": ["Apache-2.0"],
        "Description-Content-Type": ["text/markdown"],
        "Provides-Extra": sorted(extras),
    }
    found = {name: sorted(metadata.get_all(name, [])) for name in expected}
    problems = [f"{name} is {found[name]}, not {values}" for name, values in expected.items() if found[name] != values]
    if not str(metadata.get_payload()).lstrip().startswith("# resources-py"):
        problems.append("the description is not the README")
    return problems


def build_problems(builds: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Compare the checksums of several builds with those of the first."""
    (first, expected), *others = builds.items()
    problems = [] if expected else [f"{first} built nothing"]
    for name, checksums in others:
        for file in sorted({*expected, *checksums}):
            if expected.get(file) != checksums.get(file):
                problems.append(f"{file} of {name} differs from that of {first}")
    return problems


def go_mod_problems(module: Mapping[str, Any], version: str, root: str) -> list[str]:
    """Check the output of `go mod edit -json` in the module that requires the root module."""
    problems = [f"it replaces {replaced['Old']['Path']}" for replaced in module.get("Replace") or []]
    required = {needed["Path"]: needed["Version"] for needed in module.get("Require") or []}
    if required.get(root) != f"v{version}":
        problems.append(f"it requires {root} {required.get(root)}, not v{version}")
    return problems


def sbom_problems(sbom: Mapping[str, Any], version: str, requirements: str) -> list[str]:
    """Check a bill of materials: what it is of, that it lists every dependency, and nothing of this machine."""
    problems = []
    root = sbom.get("metadata", {}).get("component", {})
    if (root.get("name"), root.get("version")) != ("resources-py", version):
        problems.append(f"it is of {root.get('name')} {root.get('version')}")
    pinned = set(re.findall(r"^([\w.-]+)==(\S+)", requirements, re.M))
    listed = {(re.sub(r"[-_.]+", "-", part["name"]).lower(), part["version"]) for part in sbom.get("components", [])}
    problems += [f"it lacks {name} {number}" for name, number in sorted(pinned - listed)]
    problems += [f"it has {name} {number}, which is not pinned" for name, number in sorted(listed - pinned)]
    if "serialNumber" in sbom:
        problems.append("it has a serial number, another each time")
    local = re.findall(r'"(file:[^"]*|/(?:home|root|tmp|work|Users|var|opt)/[^"]*)"', str(dict(sbom)).replace("'", '"'))
    return problems + [f"it names a local path: {path}" for path in local]
