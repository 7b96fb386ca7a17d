"""The process's surroundings as a program sees them: environment variables, working directory, import path.

What a *difference* means in a process that began differently:

* A variable that the user set is set, whatever the new process has there; one that he removed is removed. All others
  are the new pod's own business: its name, its tokens, the addresses of services.
* Lists of folders (`PATH` and its like) are usually added to, not replaced. So only what was added travels, and goes
  around what the new process has.
* An entry of `sys.path` was put somewhere among others. It goes behind the one it stood behind, if that is there.
* The working directory always travels: relative names in the session's code mean it.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kernelferry.objects.process.aspects import Captured
from kernelferry.objects.process.references import Objects
from kernelferry.objects.process.wording import kind, listed, why


class WorkingDirectory:
    """The folder that relative file names start from."""

    name = "cwd"
    early = True

    def loaded(self) -> bool:
        """Every process has one."""
        return True

    def baseline(self) -> None:
        """None is needed: it always travels."""

    def capture(self, start: None, objects: Objects) -> Captured:  # noqa: ARG002
        """Take its name."""
        try:
            folder = os.getcwd()  # noqa: PTH109 - `Path.cwd` says the same
        except OSError as error:
            return Captured(left=(f"The working directory is gone ({why(error)}).",))
        return Captured(folder, detail=folder)

    def restore(self, data: str, objects: Objects) -> list[str]:  # noqa: ARG002
        """Go there."""
        try:
            os.chdir(data)
        except OSError as error:
            return [f"The working directory {data} cannot be entered here ({why(error)})."]
        return []


class Environ:
    """Environment variables that were set or removed since the start. Their values are never shown."""

    name = "environ"
    early = True

    def loaded(self) -> bool:
        """Every process has one."""
        return True

    def baseline(self) -> dict[str, str]:
        """All variables."""
        return dict(os.environ)

    def capture(self, start: Mapping[str, str] | None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take what differs from the start, or from what the process was started with."""
        before = _given_to_the_process() if start is None else start
        if before is None:
            return Captured(left=("Which environment variables were set since the start is not known.",))
        now = dict(os.environ)
        changed = {name: _change(name, before.get(name), now[name]) for name in now if before.get(name) != now[name]}
        removed = [name for name in before if name not in now]
        if not changed and not removed:
            return None
        detail = "; ".join([*_named("set: ", changed), *_named("removed: ", removed)])
        return Captured({"set": changed, "removed": removed}, detail=detail)

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:  # noqa: ARG002
        """Set and remove."""
        failures = []
        for name, change in data["set"].items():
            try:
                os.environ[name] = _applied(change, os.environ.get(name))
            except (OSError, ValueError) as error:  # not its text: that could show the value
                failures.append(f"The environment variable {name} could not be set ({type(error).__name__}).")
        for name in data["removed"]:
            os.environ.pop(name, None)
        return failures


class ImportPath:
    """Folders added to `sys.path`, taken from it, or moved."""

    name = "sys.path"
    early = True

    def loaded(self) -> bool:
        """Every process has one."""
        return True

    def baseline(self) -> list[str]:
        """The whole path."""
        return _texts(sys.path)

    def capture(self, start: Sequence[str] | None, objects: Objects) -> Captured | None:  # noqa: ARG002
        """Take each folder that was added, with the one it stands behind."""
        path: list[object] = [*sys.path]  # anything can be put there
        now = _texts(path)
        before = _given_to_the_path(now) if start is None else list(start)
        kept: set[int] = set()
        difflib = importlib.import_module("difflib")  # not at the start of every kernel
        for block in difflib.SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks():
            kept.update(range(block.b, block.b + block.size))
        added = [(now[i], now[i - 1] if i else None) for i in range(len(now)) if i not in kept]
        gone = [entry for entry in before if before.count(entry) > [now[i] for i in kept].count(entry)]
        left = tuple(
            f"An entry of sys.path is no text but an {kind(entry)}." for entry in path if not isinstance(entry, str)
        )
        if not added and not gone and not left:
            return None
        taken = [entry for entry in gone if entry not in now]
        detail = "; ".join([*_named("added: ", [entry for entry, _ in added]), *_named("removed: ", taken)])
        return Captured({"added": added, "gone": gone}, detail=detail, left=left)

    def restore(self, data: Mapping[str, Any], objects: Objects) -> list[str]:  # noqa: ARG002
        """Put the folders where they stood, among those that are here."""
        path = [entry for entry in sys.path if entry not in data["gone"]]
        for entry, predecessor in data["added"]:
            if entry in path:
                continue
            if predecessor is None:
                path.insert(0, entry)
            elif predecessor in path:
                path.insert(path.index(predecessor) + 1, entry)
            else:
                path.append(entry)
        sys.path[:] = path
        return []


def _given_to_the_path(now: Sequence[str]) -> list[str]:
    # The interpreter's own, which another one has elsewhere, and what it was told when it began.
    told = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    return [entry for entry in now if entry in told or entry.startswith((sys.prefix, sys.base_prefix))]


def _given_to_the_process() -> dict[str, str] | None:
    # What execve was given, on Linux: the environment before anybody changed it.
    try:
        raw = Path("/proc/self/environ").read_bytes()
    except OSError:
        return None
    pairs = [os.fsdecode(entry).partition("=") for entry in raw.split(b"\0") if entry]
    return {name: value for name, _, value in pairs}


def _change(name: str, before: str | None, now: str) -> dict[str, Any]:
    if before and name.endswith("PATH"):
        old, new = before.split(os.pathsep), now.split(os.pathsep)
        for i in range(len(new) - len(old) + 1):
            if new[i : i + len(old)] == old:
                return {"value": now, "before": new[:i], "after": new[i + len(old) :]}
    return {"value": now}


def _applied(change: Mapping[str, Any], here: str | None) -> str:
    value: str = change["value"]
    if not here or "before" not in change:
        return value
    own = here.split(os.pathsep)
    front = [entry for entry in change["before"] if entry not in own]
    back = [entry for entry in change["after"] if entry not in own]
    return os.pathsep.join([*front, *own, *back])


def _named(label: str, names: Sequence[str] | Mapping[str, object]) -> list[str]:
    return [label + listed(names)] if names else []


def _texts(entries: Sequence[object]) -> list[str]:
    return [entry for entry in entries if isinstance(entry, str)]
