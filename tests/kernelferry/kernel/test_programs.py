"""Whatever was run before a save, and whatever runs after the load: it ends as if nothing had happened in between.

Programs are made from seeds. Each is played undisturbed, and then with a save somewhere in the middle; what was saved
is loaded in another process, and the rest is run there. Names, values, sharing and outputs must be those of the
undisturbed run. What the report says was skipped must not be there, and counts as excused together with whatever needs
it.

    KERNELFERRY_SOAK=1000 python -m pytest tests/kernelferry/kernel/test_programs.py      # as many seeds
    KERNELFERRY_SEED=77 python -m pytest …                                                # that one
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kernelferry.kernel.player import Played, Player, Request, Scene
from tests.kernelferry.kernel.programs import Program, program

SEEDS = range(40)
_POLICY = {"safe": "safe", "never": "never", "expensive": "safe"}
_SHELLS = re.compile(r"_+|Out|_\d+")


@dataclass(frozen=True)
class Stage:
    """Two players: one for sessions that are saved, and one, whose sets of texts are in another order, for loads."""

    source: Player
    target: Player


@pytest.fixture(scope="module")
def stages() -> Iterator[list[Stage]]:
    with Player(1) as one, Player(2) as two, Player(1) as three, Player(2) as four:
        yield [Stage(one, two), Stage(three, four)]


@pytest.mark.slow
def test_a_session_goes_on_as_if_nothing_had_happened(stages: list[Stage], tmp_path: Path) -> None:
    seeds = [int(found)] if (found := os.environ.get("KERNELFERRY_SEED")) else list(SEEDS)
    if soak := os.environ.get("KERNELFERRY_SOAK"):
        seeds = list(range(int(soak)))
    left = iter(seeds)
    problems: list[str] = []

    def work(stage: Stage) -> None:
        for seed in left:
            problems.extend(check(program(seed), stage, tmp_path / str(seed)))

    with ThreadPoolExecutor() as pool:
        list(pool.map(work, stages))
    assert not problems, f"{len(problems)} problems:\n\n" + "\n\n".join(problems[:20])


def check(played: Program, stage: Stage, folder: Path) -> list[str]:
    """Return what is wrong, each with the program."""
    fork = "--no-fork" if played.seed % 3 == 0 else ""
    other = "never" if played.seed % 2 else "expensive"
    saves = [f"%ferry save {folder / how} --json {fork} --replay {_POLICY[how]}" for how in ("safe", other)]
    looks = len(played.before) + 3
    stage.source.begin(Request(["pass", *played.before, "pass", "pass", *played.after], looks, seed=played.seed))
    cells = ["%load_ext kernelferry", *played.before, *saves, *played.after]
    stage.source.begin(Request(cells, looks, looks if other == "expensive" else 0, seed=played.seed))
    undisturbed, saved = stage.source.end(), stage.source.end()
    saved.report.clear()  # what could not be stored is there all the same
    problems = [f"the save disturbs the session: {each}" for each in differences(undisturbed, saved, played)]
    # The first save is one cell earlier.
    for how, rest in (("safe", ["pass", *played.after]), (other, list(played.after))):
        loading = ["%load_ext kernelferry", f"%ferry load {folder / how} --json"]
        stage.target.begin(Request([*loading, *rest], len(loading) + (how == "safe"), seed=99))
    for how in ("safe", other):
        problems += [f"{how}: {each}" for each in differences(undisturbed, stage.target.end(), played)]
    return [f"{problem}\n{played}" for problem in problems]


def differences(undisturbed: Played, other: Played, played: Program) -> list[str]:
    """Say what is different from the first look on, as far as the skipped names allow."""
    if undisturbed.ended or other.ended:
        return [f"undisturbed: {undisturbed.ended or 'well'}; this one: {other.ended or 'well'}"]
    skipped = {name for name, (outcome, _) in other.report.items() if outcome == "skipped"}
    problems = [f"{name} was skipped without a reason" for name in skipped if not other.report[name][1]]
    problems += [f"{name}: {how}, {why}" for name, (how, why) in other.report.items() if how == "mismatched"]
    if (there := skipped & other.scenes[0].picture.roots.keys()) and "Out" not in str(there):
        problems.append(f"{there} were skipped and are there")
    for cell, expected, found in zip(["", *played.after], undisturbed.scenes, other.scenes, strict=True):
        if needs(cell, skipped) or any(f"name '{name}' is not defined" in found.output for name in skipped):
            break
        wrong = compare(expected, found, skipped, look_at_output=bool(cell))
        if wrong:
            problems.append(f"after {cell!r}: {wrong}" if cell else wrong)
            break
    return problems


def needs(cell: str, skipped: set[str]) -> bool:
    """Say whether a cell mentions a name that is not there; an output can be mentioned in many ways."""
    words = re.findall(r"\w+", cell)
    outputs = any(name.startswith("Out[") for name in skipped)
    return any(word in skipped or (outputs and _SHELLS.fullmatch(word)) for word in words)


def compare(expected: Scene, found: Scene, skipped: set[str], *, look_at_output: bool) -> str:
    """Say in what two scenes differ; empty if in nothing."""
    excused = skipped - found.picture.roots.keys()
    if any(name.startswith("Out[") for name in skipped):
        excused |= {"last", "last but one", "last but two", "_"}
    names = expected.picture.roots.keys() - excused
    if names != found.picture.roots.keys() - excused:
        return f"names {sorted(names)} became {sorted(found.picture.roots.keys() - excused)}"
    if expected.count != found.count:
        return f"the next cell is [{found.count}] and not [{expected.count}]"
    if look_at_output and expected.output != found.output:
        return f"output {expected.output!r} became {found.output!r}"
    ordered = sorted(names)
    if expected.picture.of(ordered) == found.picture.of(ordered):
        return ""
    return _where(expected, found, ordered)


def _where(expected: Scene, found: Scene, names: list[str]) -> str:
    for name in names:
        if (one := expected.picture.of([name])) != (other := found.picture.of([name])):
            pairs = zip([one.roots, *one.objects], [other.roots, *other.objects], strict=False)
            was, now = next((pair for pair in pairs if pair[0] != pair[1]), (one.memory, other.memory))
            return f"{name}: {was} became {now}"
    for name in names:
        for other_name in names:
            if (one := expected.picture.of([name, other_name])) != found.picture.of([name, other_name]):
                return f"{name} and {other_name} share something else"
    return "sharing is different"
