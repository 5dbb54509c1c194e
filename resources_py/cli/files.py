"""Which files are read: those that are named, and the manifests in folders."""

import os
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from resources_py._reasons import Reason
from resources_py.cli.diagnostics import Diagnostic, Place, unreadable

_SUFFIXES_IN_FOLDERS: Final = (".yaml", ".yml", ".json")


class File(NamedTuple):
    """A file to read."""

    path: str
    is_in_folder: bool = False  # rather than named


def find_files(paths: Sequence[str], exclude: Sequence[str]) -> Iterator[File | Diagnostic]:
    """Yield the files that are named, and in place of a folder every manifest in it; and folders that cannot be read.

    Links to other folders are not followed. What matches one of the `exclude` globs is left out, named or not.
    """
    for path in paths:
        if path != "-" and is_excluded(path, exclude):
            continue
        if path == "-" or not os.path.isdir(path):
            yield File(path)
            continue
        from pathlib import Path  # imported late: one named file does not need it

        errors: list[OSError] = []
        for folder, folders, names in os.walk(path, onerror=errors.append):
            folders[:] = [name for name in _visible(folders) if not is_excluded(os.path.join(folder, name), exclude)]
            for each in (str(Path(folder, name)) for name in _visible(names)):
                # A pipe or a device may never end. What does not exist is a broken link.
                is_file = os.path.isfile(each) or not os.path.exists(each)
                if each.endswith(_SUFFIXES_IN_FOLDERS) and is_file and not is_excluded(each, exclude):
                    yield File(each, is_in_folder=True)
        for error in errors:
            yield unreadable(Place(error.filename), error.strerror or str(error), Reason.UNREADABLE)


def _visible(names: list[str]) -> list[str]:
    return sorted(name for name in names if not name.startswith("."))


def is_excluded(path: str, globs: Sequence[str]) -> bool:
    """Return whether a glob matches a path, a folder that it is in, or the name of either.

    >>> [is_excluded(path, ["charts", "*.tmp.yaml", "k8s/dev/*"]) for path in ("a/charts/b.yaml", "./k8s/dev/c.yaml")]
    [True, True]
    >>> is_excluded("mycharts/b.yaml", ["charts", "*.tmp.yaml", "k8s/dev/*"])
    False
    """
    if not globs:
        return False
    from pathlib import PurePath

    parts = PurePath(os.path.normpath(path)).parts
    candidates = {*parts, *(PurePath(*parts[: count + 1]).as_posix() for count in range(len(parts)))}
    patterns = [glob.removeprefix("./").rstrip("/") for glob in globs]
    patterns += [pattern.removeprefix("**/") for pattern in patterns]
    return any(fnmatchcase(each, pattern) for pattern in patterns for each in candidates)
