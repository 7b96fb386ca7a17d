"""What a cell has shown, and whether two kernels have shown the same.

What no two processes have in common is replaced before comparing: addresses, times taken, random names. What is left
has to be equal to the byte, pictures included.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

_SHOWN = 160  # characters of each side of a difference; a guess

_REPLACEMENTS = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\x1b\[[0-9;]*m", ""),
        (r"\b0x[0-9a-f]{6,}\b", "0xADDRESS"),
        (r"ipykernel_\d+/\d+\.py", "ipykernel_PID/CELL.py"),
        (r"\bpid[ =:]+\d+", "pid PID"),
        (r"\btmp[a-z0-9_]{8}\b", "tmpNAME"),
        (r"\b[0-9a-f]{32}\b", "HEX"),  # the models of widgets
        (r"\bT_[0-9a-f]{5}", "T_STYLER"),  # pandas draws the ids of its styled tables from the operating system
        (r"sk-(container|estimator|parameters)-id-\d+", r"sk-\1-id-N"),  # scikit-learn counts the tables it has shown
        (r"(?m)^CPU times: .*$", "CPU times: TIME"),
        (r"(?m)^Wall time: .*$", "Wall time: TIME"),
        (r"(?m)^.* ± .* per loop \(mean ± std\. dev\. of .*\)$", "TIME per loop"),
        (r"\b\w{3}, \d\d \w{3} \d{4}\b", "DATE"),  # a summary of statsmodels, as text, HTML and LaTeX
        (r"(Time:\S* +(?:& +)?|<td>)\d\d:\d\d:\d\d", r"\1TIME"),
        (r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\b", "TIME"),  # logging's `asctime`
    )
]


def normalise(text: str) -> str:
    """Replace what differs between two processes that do the same."""
    for pattern, replacement in _REPLACEMENTS:
        text = pattern.sub(replacement, text)
    return text


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An exception that has left a cell."""

    name: str
    value: str
    traceback: str


@dataclass(frozen=True, kw_only=True)
class CellRun:
    """What one run of a cell has shown, in terms of the messages of the Jupyter protocol.

    Args:
        count: the execution count.
        streams: the text of each stream. What went to `stdout` and what went to `stderr` has no common order.
        rich: execution results, displays and updates, each with its kind and its representations.
        failure: the exception that ended it.
    """

    count: int | None = None
    streams: Mapping[str, str] = field(default_factory=dict)
    rich: tuple[tuple[str, Mapping[str, str]], ...] = ()
    failure: Failure | None = None


class Recorder:
    """Gathers the messages of one cell."""

    def __init__(self) -> None:
        self._streams: dict[str, str] = {}
        self._rich: list[tuple[str, dict[str, str]]] = []
        self._failure: Failure | None = None

    def add(self, kind: str, content: Mapping[str, Any]) -> None:
        """Add a message. What is no output, such as a widget's traffic, is left out."""
        if kind == "stream":
            stream = content["name"]
            self._streams[stream] = self._streams.get(stream, "") + content["text"]
        elif kind in {"execute_result", "display_data", "update_display_data"}:
            shown = {mime: _text(data) for mime, data in content["data"].items()}
            if content["metadata"]:
                shown["metadata"] = _text(content["metadata"])
            self._rich.append((kind, shown))
        elif kind == "clear_output":
            self._rich.append((kind, {"wait": _text(content["wait"])}))
        elif kind == "error":
            trace = "\n".join(content["traceback"])
            self._failure = Failure(name=content["ename"], value=content["evalue"], traceback=trace)

    def finish(self, count: int | None) -> CellRun:
        """End the recording."""
        return CellRun(count=count, streams=self._streams, rich=tuple(self._rich), failure=self._failure)


def _text(data: Any) -> str:
    return data if isinstance(data, str) else repr(data)


def differences(expected: CellRun, got: CellRun) -> list[str]:
    """Name what is not as expected, one line for each part; none where the two are equal."""
    left, right = dict(_parts(expected)), dict(_parts(got))
    parts = [part for part in {**left, **right} if left.get(part) != right.get(part)]
    # What follows from another ending is not worth a line.
    if "error" in parts:
        parts = [part for part in parts if part in {"execution count", "error"}]
    return [
        f"{part}: expected {_excerpt(left.get(part), right.get(part))}, got {_excerpt(right.get(part), left.get(part))}"
        for part in parts
    ]


def _parts(run: CellRun) -> Iterator[tuple[str, str]]:
    yield "execution count", str(run.count)
    for stream, text in sorted(run.streams.items()):
        yield stream, normalise(text)
    for index, (kind, shown) in enumerate(run.rich):
        for mime, text in sorted(shown.items()):
            yield f"{kind} {index} {mime}", _digest(text) if mime.startswith("image/") else normalise(text)
    if run.failure is not None:
        yield "error", f"{run.failure.name}: {normalise(run.failure.value)}"
        yield "traceback", normalise(run.failure.traceback)


def _digest(text: str) -> str:
    return f"picture {hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _excerpt(text: str | None, other: str | None) -> str:
    """The part of a text where it begins to differ from another."""
    if text is None:
        return "nothing"
    same = next((index for index, pair in enumerate(zip(text, other or "", strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, same - _SHOWN // 2)
    return ("…" if start else "") + repr(text[start : start + _SHOWN])
