"""Writes docs/matrix.md: what becomes of each case with Kernel Ferry, and with what people use today.

    python -m tests.matrix.compare                               # half an hour: dill gets each case alone
    python -m tests.matrix.compare --baselines known.json        # keeps what the baselines did, and asks them once

With Kernel Ferry, cases of a topic share a pair of kernels as in the tests; the harder way.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path

from tests.matrix.case import STORED, Case, Group
from tests.matrix.collection import groups
from tests.matrix.harness import Engine, Verdict, run_group

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "matrix.md"
_WORKS = "works"
_SAID = {
    "save": "refuses to save",
    "load": "saves, and cannot load",
    "check": "wrong afterwards",
    "died": "the kernel ends or hangs",
    "make": "the case does not run",
}
_LONGEST = 110
_FOLDERS = re.compile(r"(?<![\w.])/(?:[\w.-]+/)+")  # where they stand differs from machine to machine
_HEAD = """# The matrix

Tricky objects, one row each: a cell or several make them, an unrelated cell runs, the session is saved, the kernel is
killed, another kernel loads it, and then behaviour and identity are checked, not equality alone. The rows are the cases
in `tests/matrix/cases`, where the code of each can be read; `python -m tests.matrix.compare` writes this page.

* **Kernel Ferry**: what the report says of the variables of the case. A value that cannot move is *skipped* and named,
  and never takes others with it. What is marked ✗ contradicts the claim of its row.
* **dill** is `dill.dump_session` and `dill.load_session`; **cloudpickle** is one dump of a dictionary of the user's
  names. Both get each case by itself, so that one failure spoils nothing else; in a real notebook a refused save is the
  loss of the whole session. Neither claims to carry the state of the process (the topics *process* and *settings*, and
  parts of *names*). For cloudpickle the page also says which names it refuses when it gets them one by one.
* Cases whose variables are expected to be skipped check only what is there: for the baselines, "works" means that they
  saved, loaded, and gave no wrong value.
"""


def main(arguments: list[str]) -> None:
    """Run everything, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--baselines", type=Path, help="where the findings of dill and cloudpickle are kept as JSON")
    known_at: Path | None = parser.parse_args(arguments).baselines
    known = json.loads(known_at.read_text(encoding="utf-8")) if known_at is not None and known_at.exists() else {}
    rows: list[tuple[str, Case, list[str]]] = []
    for group in groups():
        known |= _baselines(group, known)
        if known_at is not None:
            known_at.write_text(json.dumps(known, indent=1, ensure_ascii=False), encoding="utf-8")
        ferry = _run(group, "ferry")
        rows += [(group.topic, case, [_of_ferry(ferry[case]), *known[case.name]]) for case in group.cases]
        sys.stderr.write(
            "\n".join(f"{case.name}: {' | '.join(cells)}" for _, case, cells in rows[-len(ferry) :]) + "\n"
        )
    _PAGE.write_text("\n".join(_page(rows)) + "\n", encoding="utf-8")


def _run(group: Group, engine: Engine) -> Mapping[Case, Verdict]:
    with tempfile.TemporaryDirectory(prefix="ferry-matrix-") as home:
        return run_group(group, engine, Path(home))


def _baselines(group: Group, known: Mapping[str, list[str]]) -> dict[str, list[str]]:
    missing = tuple(case for case in group.cases if case.name not in known)
    if not missing:
        return {}
    by_cloudpickle = _run(Group(group.topic, missing), "cloudpickle")
    by_dill = {case: _run(Group(group.topic, (case,)), "dill")[case] for case in missing}
    return {case.name: [_of_baseline(by_dill[case]), _of_baseline(by_cloudpickle[case])] for case in missing}


def _of_baseline(verdict: Verdict) -> str:
    if not verdict.problems:
        return _WORKS
    refused = f"; one by one it refuses {_short(verdict.refused)}" if verdict.refused else ""
    return _problem(verdict.problems[0]) + refused


def _problem(text: str) -> str:
    step, _, detail = text.partition(": ")
    words = detail.strip().splitlines() or [""]
    # Of a failed assertion the asserted line says more than the name of the exception.
    shown = (
        words[0].lstrip("-> 0123456789") if words[-1].strip() in {"AssertionError", "AssertionError:"} else words[-1]
    )
    return f"{_SAID[step]}: {_short(shown)}" if step in _SAID else _short(text)


def _of_ferry(verdict: Verdict) -> str:
    if verdict.problems:
        return f"✗ {_problem(verdict.problems[0])}"
    others = [
        f"`{name}` {outcome}" + (f": {_short(verdict.reasons[name])}" if verdict.reasons.get(name) else "")
        for name, outcome in verdict.outcomes.items()
        if outcome != STORED
    ]
    return "; ".join(([] if len(others) == len(verdict.outcomes) and others else [STORED]) + others)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _page(rows: Iterable[tuple[str, Case, list[str]]]) -> Iterator[str]:
    table = list(rows)
    yield _HEAD
    names = ("ipykernel", "numpy", "pandas", "dill", "cloudpickle")
    versions = ", ".join(f"{name} {version(name)}" for name in names)
    yield f"Run with Python {platform.python_version()}, {versions}. Rows that hold, of {len(table)}:"
    yield ""
    yield f"| Kernel Ferry | dill | cloudpickle |\n|---|---|---|\n| {' | '.join(_totals(table))} |"
    topic = ""
    for found, case, cells in table:
        if found != topic:
            topic = found
            title = topic.rstrip("_").replace("_", " ")
            yield f"\n## {title}\n\n| claim | Kernel Ferry | dill | cloudpickle |\n|---|---|---|---|"
        yield "| " + " | ".join(map(_cell, (case.name, *cells))) + " |"


def _totals(table: Iterable[tuple[str, Case, list[str]]]) -> list[str]:
    cells = [cells for _, _, cells in table]
    return [
        str(sum(not row[0].startswith("✗") for row in cells)),
        *(str(sum(row[column] == _WORKS for row in cells)) for column in (1, 2)),
    ]


def _cell(text: str) -> str:
    shown = _FOLDERS.sub("…/", text).replace("|", "\\|")
    # Code is shown as it is; elsewhere Markdown has to be told that a character is one.
    parts = shown.split("`")
    parts[::2] = [re.sub(r"([*_])", r"\\\1", part).replace("<", "&lt;") for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    main(sys.argv[1:])
