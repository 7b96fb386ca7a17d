"""A cell may run again only if it did no harm and its inputs are what they were; in doubt it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kernelferry.state.effects import NO_EFFECTS, Effects, FilePin, FileWrite
from kernelferry.state.history import CellExecution
from kernelferry.state.replay import Mark, ReplayPolicy, ReplayRules, mark_of, remedy

PIN = FilePin("/data.csv", 3, 4, "abc")


def _cell(effects: Effects = NO_EFFECTS, source: str | None = "x = 1", *, success: bool = True) -> CellExecution:
    return CellExecution(0, 3, source, 1.0, success, (), ("x",), (), effects=effects)


def _refusals(
    cell: CellExecution, policy: ReplayPolicy = ReplayPolicy.SAFE, now: FilePin | None = PIN
) -> tuple[str, ...]:
    return ReplayRules(policy, lambda _path: now).refusals(cell)


@pytest.mark.parametrize(
    ("effects", "reason"),
    [
        (Effects(files_written=(FileWrite("/home/x/out.csv", "w"),)), "wrote /home/x/out.csv"),
        (Effects(files_written=(FileWrite("/home/x/log", "a+"),)), "wrote /home/x/log"),
        (Effects(files_written=(FileWrite("/home/x/out.csv", "removed"),)), "removed /home/x/out.csv"),
        (Effects(files_written=(FileWrite("/home/x/module.pyc", "wb"),)), "wrote /home/x/module.pyc"),
        (Effects(processes=("pip",)), "started a process: pip"),
        (Effects(sockets=("example.org:443",)), "opened a socket to example.org:443"),
        (Effects(stdin=True), "read stdin"),
        (Effects(threads=True), "left a thread or task running"),
        (Effects(files_unpinned=("/dev/tty",)), "read /dev/tty, which cannot be compared"),
        (Effects(randomness_lost=("torch",)), "drew random numbers from torch, whose state is not known"),
        (Effects(process_state=("cwd",)), "changed the process: cwd"),
        (Effects(magics=("%run",)), "used %run"),
        (Effects(other=("ctypes.dlopen",)), "raised the audit event ctypes.dlopen"),
    ],
)
def test_a_deed_is_not_done_again_and_the_reason_is_said(effects: Effects, reason: str) -> None:
    assert _refusals(_cell(effects)) == (reason,)


@pytest.mark.parametrize(
    "effects",
    [
        NO_EFFECTS,
        Effects(files_read=(PIN,)),
        Effects(randomness=("random", "numpy.random")),
        Effects(magics=("%%time", "%matplotlib")),
        Effects(files_written=(FileWrite("/tmp/x", "w", scratch=True),)),  # noqa: S108 - a made-up path
        Effects(files_written=(FileWrite("/lib/__pycache__/m.cpython-311.pyc", "wb"), FileWrite("/dev/null", "w"))),
    ],
)
def test_what_only_computes_may_run_again(effects: Effects) -> None:
    assert _refusals(_cell(effects)) == ()
    assert _refusals(_cell(effects, success=False)) == ()


@pytest.mark.parametrize(
    "change",
    [{"size": 9}, {"mtime_ns": 9}, {"digest": "other"}, {"path": "/elsewhere"}],
    ids=lambda change: next(iter(change)),
)
def test_an_input_that_is_not_what_it_was_forbids_the_replay(change: dict[str, object]) -> None:
    now = replace(PIN, **change)  # type: ignore[arg-type]
    assert _refusals(_cell(Effects(files_read=(PIN,))), now=now) == ("input file /data.csv has changed since",)


def test_an_input_that_is_gone_forbids_the_replay() -> None:
    assert _refusals(_cell(Effects(files_read=(PIN,))), now=None) == ("input file /data.csv is gone",)


def test_all_reasons_are_given_each_once() -> None:
    effects = Effects(processes=("ls", "ls"), stdin=True)
    assert _refusals(_cell(effects)) == ("started a process: ls", "read stdin")


UNSAFE = Effects(stdin=True)


@pytest.mark.parametrize(
    ("policy", "source", "refused"),
    [
        (ReplayPolicy.SAFE, "x = input()", True),
        (ReplayPolicy.SAFE, "# ferry: replay\nx = input()", False),
        (ReplayPolicy.SAFE, "x = input()  # ferry: replay", False),
        (ReplayPolicy.SAFE, "# ferry: replay\n# ferry: never-replay", True),
        (ReplayPolicy.ALL, "x = input()", False),
        (ReplayPolicy.ALL, "# ferry: never-replay", True),
        (ReplayPolicy.ALL, None, True),
        (ReplayPolicy.NEVER, "# ferry: replay", True),
        (ReplayPolicy.NEVER, "x = 1", True),
    ],
)
def test_marks_and_policy_overrule_and_the_refusal_wins(
    policy: ReplayPolicy, source: str | None, *, refused: bool
) -> None:
    assert bool(_refusals(_cell(UNSAFE, source), policy)) is refused


def test_a_file_that_nobody_asks_about_is_not_looked_at() -> None:
    def look(_path: str) -> FilePin:
        raise AssertionError

    cell = _cell(Effects(files_read=(PIN,)), "# ferry: replay")
    assert ReplayRules(ReplayPolicy.SAFE, look).refusals(cell) == ()


@pytest.mark.parametrize(
    ("source", "mark"),
    [
        ("x = 1", None),
        ("#ferry:replay", Mark.REPLAY),
        ("    #  ferry:  never-replay  ", Mark.NEVER),
        ("'# ferry: replay'", None),
        ("'''\n# ferry: replay\n'''", None),
        ("'''\n# ferry: never-replay\n'''", Mark.NEVER),  # the safe mistake
        ("# ferry: replay it", None),
        ("# see ferry: replay", None),
        ("%%bash\n# ferry: replay\nif [ -z '$x", Mark.REPLAY),
        ("  x = 1\n y = 2\n# ferry: never-replay", Mark.NEVER),
    ],
)
def test_a_mark_is_a_comment_of_its_own_words(source: str, mark: Mark | None) -> None:
    assert mark_of(source) is mark


@pytest.mark.parametrize(
    ("policy", "source", "words"),
    [
        (ReplayPolicy.SAFE, None, "Run the code again"),
        (ReplayPolicy.SAFE, "# ferry: never-replay", "Remove the comment '# ferry: never-replay' from cell [3]"),
        (ReplayPolicy.NEVER, "x = 1", "replay: Safe"),
        (ReplayPolicy.SAFE, "x = input()", "write the comment '# ferry: replay' into it"),
    ],
)
def test_each_refusal_has_a_remedy(policy: ReplayPolicy, source: str | None, words: str) -> None:
    cell = _cell(UNSAFE, source)
    sentence = remedy(cell.execution_count, _refusals(cell, policy))
    assert words in sentence
    assert sentence.endswith(".")


def test_the_names_of_policies_are_those_of_the_resource() -> None:
    assert [policy.value for policy in ReplayPolicy] == ["Safe", "Never", "All"]
