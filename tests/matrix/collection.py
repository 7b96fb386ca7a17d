"""Finds the cases, and parts them into groups that share a pair of kernels."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path

from tests.matrix.case import Case, Group

_MOST = 16
"""Cases in a pair of kernels. More would start fewer kernels; fewer lay a crash at fewer doors."""


def groups() -> Iterator[Group]:
    """All groups: those of a file in order, then its cases that need kernels of their own."""
    for topic, cases in topics().items():
        possible = [case for case in cases if all(map(importlib.util.find_spec, case.needs))]
        together = [case for case in possible if not case.alone]
        for start in range(0, len(together), _MOST):
            yield Group(topic, tuple(together[start : start + _MOST]))
        for case in possible:
            if case.alone:
                yield Group(topic, (case,))


def topics() -> dict[str, tuple[Case, ...]]:
    """All cases by the file that they stand in."""
    names = sorted(path.stem for path in (Path(__file__).parent / "cases").glob("*.py"))
    return {name: importlib.import_module(f"tests.matrix.cases.{name}").CASES for name in names}
