"""Runs cases in real kernels: make, an unrelated cell, save, the kernel is killed, a new one, load, check.

Cases that share a pair of kernels have names of their own, and each is checked and judged by itself. Where something
goes wrong for all of them (the save or the load raises, or a kernel dies), each is run again in kernels of its own, so
that a fault is laid at the right door.

The engine can be changed: `none` checks in the same kernel, which shows that the cases themselves are right; `dill`
and `cloudpickle` are what people use today. cloudpickle writes a file for each case, so that cases which share a kernel
do not share a failure; dill writes whole sessions, so whoever compares gives it one case at a time.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from tests.matrix.case import SKIPPED, Case, Group
from tests.matrix.kernels import Kernel, KernelDied, Output, kernels

Engine = Literal["ferry", "none", "dill", "cloudpickle"]
ENGINES: tuple[Engine, ...] = get_args(Engine)

# As one text: of a long list, the kernel would show the first thousand.
_NAMES = "__import__('json').dumps(sorted(k for k in get_ipython().user_ns))"
# What the shell and the interpreter put among the user's names by themselves.
_NOT_THE_USERS = re.compile(
    r"_*|_i+|_i?\d+|_(ih|oh|dh|exit_code)|In|Out|exit|quit|open|get_ipython|__warningregistry__"
)

_FAILS = re.compile(r"^# fails$", re.MULTILINE)

_SAVE = {
    "ferry": "%ferry save {path}",
    "dill": "import dill as _engine\n_engine.dump_session({path!r})",
    "cloudpickle": (
        "import cloudpickle as _engine\n"
        "with __import__('io').open({path!r}, 'wb') as _target:\n"
        "    _engine.dump({{_name: globals()[_name] for _name in {names!r} if _name in globals()}}, _target)"
    ),
}
_LOAD = {
    "ferry": "%ferry load {path}",
    "dill": "import dill as _engine\n_engine.load_session({path!r})",
    "cloudpickle": (
        "import pickle as _engine\n"
        "with __import__('io').open({path!r}, 'rb') as _source:\n"
        "    globals().update(_engine.load(_source))"
    ),
}
# What cloudpickle would give to somebody who saves name by name, and does without what cannot be saved.
_REFUSED = (
    "def _refused(names):\n    import cloudpickle\n    for name in names:\n        try:\n"
    "            cloudpickle.dumps(globals()[name])\n        except Exception as error:\n"
    "            yield f'{{name}} ({{type(error).__name__}})'\n"
    "print(', '.join(_refused({names!r})))"
)


@dataclass
class Verdict:
    """What became of a case.

    Args:
        problems: what contradicts the claim, each after the step that found it (`save: …`); empty if all is well.
        outcomes: what the report says, by variable.
        reasons: likewise.
        refused: the names that cloudpickle refuses one by one.
    """

    problems: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    refused: str = ""


class _SpoilsAll(Exception):  # noqa: N818 - a finding, not an error of ours
    """A save or a load that failed as a whole."""


def run_group(group: Group, engine: Engine, home: Path) -> dict[Case, Verdict]:
    """Run cases in one pair of kernels, and judge each.

    Args:
        group: the cases.
        engine: what saves and loads.
        home: an empty folder.
    """
    try:
        return _Run(group.cases, engine, home / "all").go()
    except (_SpoilsAll, KernelDied) as error:
        if len(group.cases) == 1:
            return {group.cases[0]: Verdict([str(error) if isinstance(error, _SpoilsAll) else f"died: {error}"])}
    verdicts: dict[Case, Verdict] = {}
    for number, case in enumerate(group.cases):
        verdicts |= run_group(Group(group.topic, (case,)), engine, home / str(number))
    return verdicts


class _Run:
    def __init__(self, cases: Sequence[Case], engine: Engine, home: Path) -> None:
        self._cases = cases
        self._engine: Engine = engine
        self._home = home
        self._verdicts = {case: Verdict() for case in cases}
        self._names: dict[Case, list[str]] = {}

    def go(self) -> dict[Case, Verdict]:
        with kernels(1 if self._engine == "none" else 2, self._home) as pair:
            source = pair[0].ready()
            self._make(source)
            if self._engine == "none":
                self._check(source, {})
                return self._verdicts
            self._save(source)
            source.kill()
            report = self._load(pair[1].ready())
            self._check(pair[1], report)
        return self._verdicts

    def _make(self, kernel: Kernel) -> None:
        if self._engine == "ferry":
            _whole(kernel, "%load_ext kernelferry")
        known = set(_names(kernel))
        for case in self._cases:
            for cell in case.cells():
                problem = _wrong(kernel.run(cell))
                if problem and not _FAILS.search(cell):
                    self._verdicts[case].problems.append(f"make: {problem}")
                    break
            now = _names(kernel)
            self._names[case] = [name for name in now if name not in known]
            known.update(now)
        kernel.run("after = 1")

    def _save(self, kernel: Kernel) -> None:
        if self._engine != "cloudpickle":
            _whole(kernel, _SAVE[self._engine].format(path=self._path()), "save")
            return
        for number, case in enumerate(self._cases):
            names = self._names[case]
            self._verdicts[case].refused = "".join(kernel.run(_REFUSED.format(names=names)).texts).strip()
            self._try(case, kernel, "save", _SAVE["cloudpickle"].format(path=self._path(number), names=names))

    def _load(self, kernel: Kernel) -> Mapping[str, Any]:
        if self._engine == "ferry":
            _whole(kernel, "%load_ext kernelferry")
        if self._engine != "cloudpickle":
            _whole(kernel, _LOAD[self._engine].format(path=self._path()), "load")
            return _report(kernel) if self._engine == "ferry" else {}
        for number, case in enumerate(self._cases):
            if not self._verdicts[case].problems:
                self._try(case, kernel, "load", _LOAD["cloudpickle"].format(path=self._path(number)))
        return {}

    def _try(self, case: Case, kernel: Kernel, step: str, code: str) -> None:
        problem = kernel.run(code).error
        if problem:
            self._verdicts[case].problems.append(f"{step}: {problem}")

    def _path(self, number: int = 0) -> str:
        return str(self._home / ("checkpoint" if self._engine == "ferry" else f"session-{number}.pkl"))

    def _check(self, kernel: Kernel, report: Mapping[str, Any]) -> None:
        present = set(_names(kernel))
        for case in self._cases:
            verdict = self._verdicts[case]
            if self._engine == "ferry":
                self._judge(case, report, present)
            elif verdict.problems:
                continue
            for cell in case.check_cells():
                problem = _wrong(kernel.run(cell))
                if problem:
                    verdict.problems.append(f"check: {problem}")
                    break

    def _judge(self, case: Case, report: Mapping[str, Any], present: set[str]) -> None:
        verdict = self._verdicts[case]
        for name in self._names[case]:
            entry = report["variables"].get(name)
            if entry is None:
                verdict.problems.append(f"{name}: the report does not name it")
                continue
            verdict.outcomes[name] = outcome = entry["outcome"]
            verdict.reasons[name] = reason = entry.get("reason") or ""
            if outcome not in case.expects(name):
                verdict.problems.append(f"{name}: {outcome} ({reason}), expected {'|'.join(case.expects(name))}")
            if outcome == SKIPPED and case.reasons.get(name, "") not in reason:
                verdict.problems.append(f"{name}: the reason {reason!r} does not say {case.reasons[name]!r}")
            if outcome == SKIPPED and name in present:
                verdict.problems.append(f"{name}: it is skipped, and yet there")
        for aspect, expected in case.process.items():
            entry = report["process"].get(aspect, {"outcome": "not reported"})
            if entry["outcome"] not in expected.split("|"):
                verdict.problems.append(f"({aspect}): {entry['outcome']} ({entry.get('reason')}), expected {expected}")


def _wrong(output: Output) -> str:
    """The error of a cell, or what the engine prints among the user's output because it failed itself."""
    faults = (line for text in output.texts for line in text.splitlines() if line.startswith("Error in callback"))
    return output.error or next((line for line in faults if "kernelferry" in line), "")


def _names(kernel: Kernel) -> list[str]:
    found = json.loads(ast.literal_eval(kernel.run("", {"names": _NAMES}).values["names"]))
    return [name for name in found if not _NOT_THE_USERS.fullmatch(name)]


def _whole(kernel: Kernel, code: str, step: str = "load_ext") -> None:
    try:
        problem = kernel.run(code).error
    except KernelDied as error:
        problem = str(error)
    if problem:
        msg = f"{step}: {problem}"
        raise _SpoilsAll(msg)


def _report(kernel: Kernel) -> Mapping[str, Any]:
    printed = kernel.run("%ferry report --json")
    for line in "\n".join(printed.texts).splitlines():
        try:
            # Displayed rather than printed, it is the representation of a text.
            found = json.loads(ast.literal_eval(line) if line.startswith(("'", '"')) else line)
        except ValueError:
            continue
        if isinstance(found, dict) and "variables" in found:
            return found
    msg = f"report: no JSON in {printed.texts!r:.300}, {printed.error}"
    raise _SpoilsAll(msg)


def bound_names(case: Case) -> set[str]:
    """The names that a case's cells bind at their top level, as far as their text shows it; imports left out."""
    found: set[str] = set()
    for cell in case.cells():
        lines = (line for line in cell.splitlines() if not line.startswith(("%", "!")))
        found.update(_stored(ast.parse("\n".join(lines))))
    return found


def _stored(tree: ast.Module) -> Iterable[str]:
    pending: list[ast.AST] = list(tree.body)
    while pending:
        node = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield node.name
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif not isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            pending.extend(ast.iter_child_nodes(node))
