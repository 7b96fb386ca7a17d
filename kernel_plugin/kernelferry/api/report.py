"""What a save or a load did: every name, and every aspect of the process, with its outcome and the reason.

As JSON for programs, as a table for people. The table shows what did not go well first and never leaves any of it out;
of what went well it shows the largest.
"""

from __future__ import annotations

import builtins
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import ClassVar, TypeVar

from kernelferry.api import plain
from kernelferry.api.manifest import Outcome
from kernelferry.api.versions import CURRENT, SchemaVersion, check_readable

R = TypeVar("R", bound="Report")

_WORST_FIRST: tuple[Outcome, ...] = ("mismatched", "skipped", "recomputed", "stored")
_ROWS = 40  # a screen; a guess
_HEADER = ("name", "outcome", "size", "time", "reason")


@dataclass(frozen=True, kw_only=True)
class VariableReport:
    """What became of a name."""

    outcome: Outcome
    reason: str = ""
    bytes: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class AspectReport:
    """What became of an aspect of the process."""

    outcome: Outcome
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What saving and loading have in common.

    Args:
        bytes: how many were written or read.
        seconds: how long all of it took.
        variables: every name of the session.
        process: every aspect of the process that was there.
        version: that of the wire contract.
    """

    bytes: int
    seconds: float
    variables: Mapping[str, VariableReport] = field(default_factory=dict)
    process: Mapping[str, AspectReport] = field(default_factory=dict)
    version: str = str(CURRENT)

    verb: ClassVar[str] = ""

    def to_json(self) -> str:
        """Write it as `%ferry report --json` does."""
        return plain.dumps(self)

    @classmethod
    def from_json(cls: type[R], text: str | builtins.bytes) -> R:  # noqa: PYI019 - `Self` came with Python 3.11
        """Read it.

        Raises:
            SchemaTooNew: a newer major version has written it.
            ValueError: it is no report; the text names what is wrong.
        """
        report = plain.decode(cls, plain.loads(text))
        check_readable(SchemaVersion.parse(report.version))
        return report

    def __str__(self) -> str:
        rows = [_HEADER, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER))]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows)
        return "\n".join([self._summary(), "", *lines, *self._rest()])

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{cell}</th>" for cell in _HEADER)
        body = "".join(
            "<tr>" + "".join(f'<td style="text-align:left">{escape(cell)}</td>' for cell in row) + "</tr>"
            for row in self._rows()
        )
        rest = "".join(f"<p>{escape(line)}</p>" for line in self._rest())
        return (
            f"<p>{escape(self._summary())}</p><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{rest}"
        )

    def _summary(self) -> str:
        counts = Counter(entry.outcome for entry in self.variables.values())
        named = ", ".join(f"{counts[outcome]} {outcome}" for outcome in reversed(_WORST_FIRST) if counts[outcome])
        size, time = _size(self.bytes) or "0 B", _time(self.seconds) or "0 ms"
        return f"{self.verb}: {named or 'no names'}; {size} in {time}."

    def _rows(self) -> Iterator[tuple[str, ...]]:
        for name, entry in self._shown():
            size, time = _size(entry.bytes), _time(entry.seconds)
            yield _one_line(name), entry.outcome, size, time, _one_line(entry.reason)
        for aspect, found in sorted(self.process.items()):
            if found.outcome == "stored" and not found.reason:
                continue  # the rule, and the summary says how many
            yield f"({_one_line(aspect)})", found.outcome, "", "", _one_line(found.reason)

    def _shown(self) -> list[tuple[str, VariableReport]]:
        ranked = sorted(
            self.variables.items(), key=lambda item: (_WORST_FIRST.index(item[1].outcome), -item[1].bytes, item[0])
        )
        bad = sum(entry.outcome in {"mismatched", "skipped"} for entry in self.variables.values())
        return ranked[: max(_ROWS, bad)]

    def _rest(self) -> list[str]:
        hidden = len(self.variables) - len(self._shown())
        return [f"… and {hidden} smaller ones, stored or recomputed."] if hidden else []


@dataclass(frozen=True, kw_only=True, repr=False)
class SaveReport(Report):
    """What a save did.

    Args:
        remedies: what the user can do for each name that could be neither stored nor recomputed, in sentences.
    """

    remedies: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    verb: ClassVar[str] = "Saved"

    def _rest(self) -> list[str]:
        advice = [_one_line(f"{name}: {' '.join(found)}") for name, found in sorted(self.remedies.items())]
        return [*super()._rest(), *advice]

    __repr__ = Report.__str__


@dataclass(frozen=True, kw_only=True, repr=False)
class PlanReport(SaveReport):
    """What a save would do."""

    verb: ClassVar[str] = "A save now"

    __repr__ = Report.__str__


@dataclass(frozen=True, kw_only=True, repr=False)
class LoadReport(Report):
    """What a load did."""

    verb: ClassVar[str] = "Loaded"

    __repr__ = Report.__str__


@dataclass(frozen=True, kw_only=True, repr=False)
class RehearsalReport(Report):
    """What a rehearsal has found."""

    verb: ClassVar[str] = "Rehearsed"

    __repr__ = Report.__str__


def _one_line(text: str) -> str:
    # Names and reasons come from user code: a control character in them must not reach a terminal.
    return "".join(char if char.isprintable() else " " for char in text)


def _size(count: float) -> str:
    if not count:
        return ""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 999.5:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _time(seconds: float) -> str:
    if not seconds:
        return ""
    if seconds < 0.9995:
        return f"{seconds * 1000:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.0f} min"
