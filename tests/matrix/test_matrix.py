"""Tricky objects, one row each, move from one real kernel to another.

    pytest tests/matrix                                  # with Kernel Ferry
    FERRY_MATRIX_ENGINE=none pytest tests/matrix         # no move at all: are the cases themselves right?
    FERRY_MATRIX_ENGINE=dill pytest tests/matrix         # or cloudpickle; with dill each case has kernels of its own

Cases of one topic share a pair of kernels; with `-k`, only what was selected runs in it. `compare.py` writes the table
in the docs.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from tests.matrix.case import Case, Group
from tests.matrix.collection import groups, topics
from tests.matrix.harness import ENGINES, Engine, Verdict, bound_names, run_group

_GROUPS = tuple(groups())
_ENGINE = os.environ.get("FERRY_MATRIX_ENGINE", "ferry")
_ROWS = [
    pytest.param(
        group,
        case,
        id=f"{group.topic}-{case.id()}",
        marks=[pytest.mark.xfail(reason=case.limit, strict=True)] if case.limit and _ENGINE == "ferry" else [],
    )
    for group in _GROUPS
    for case in group.cases
]
_SHARED = [pytest.param(group, id=group.topic) for group in _GROUPS if len(group.cases) > 1]


@pytest.fixture(scope="session")
def engine() -> Engine:
    return next(engine for engine in ENGINES if engine == _ENGINE)


@pytest.fixture(scope="session")
def judge(
    request: pytest.FixtureRequest, engine: Engine, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Group, Case], Verdict]:
    """Runs the selected cases of a group when the first of them is asked for."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    selected = {call.params["case"] for call in calls if call is not None and "case" in call.params}
    known: dict[Case, Verdict] = {}
    number = count()

    def verdict(group: Group, case: Case) -> Verdict:
        if case not in known:
            together = [case] if engine == "dill" else [each for each in group.cases if each in selected]
            home: Path = tmp_path_factory.mktemp(f"{group.topic}-{next(number)}")
            known.update(run_group(Group(group.topic, tuple(together)), engine, home))
        return known[case]

    return verdict


@pytest.mark.slow
@pytest.mark.parametrize(("group", "case"), _ROWS)
def test_what_is_claimed_holds_in_another_kernel(
    group: Group, case: Case, judge: Callable[[Group, Case], Verdict]
) -> None:
    problems = judge(group, case).problems
    assert not problems, "\n".join([case.name, *problems])


@pytest.mark.parametrize("group", _SHARED)
def test_cases_that_share_a_kernel_share_no_names(group: Group) -> None:
    owners = Counter(name for case in group.cases for name in bound_names(case))
    assert [name for name, number in owners.items() if number > 1 and name != "_"] == []


def test_every_claim_is_made_once() -> None:
    names = Counter(case.name for cases in topics().values() for case in cases)
    assert [name for name, number in names.items() if number > 1] == []


def test_there_are_as_many_cases_as_promised() -> None:
    assert sum(map(len, topics().values())) >= 300
