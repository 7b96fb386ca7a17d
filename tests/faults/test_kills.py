"""A save that is cut off at any moment leaves what was there before it: the session, and the checkpoints."""

from __future__ import annotations

import os
import random
import signal
from contextlib import suppress
from pathlib import Path

import pytest

from kernelferry.checkpoint import find, open_checkpoint
from kernelferry.stores import DirectoryStore
from tests.faults.conftest import Start
from tests.faults.kernels import Kernel, until

pytestmark = pytest.mark.slow
OLD = (
    "import os\nversion = 'old'; big = os.urandom(6 << 20); many = [[n] for n in range(50_000)]; shared = [version]",
    "objects = {f'k{n}': {'n': n, 's': shared} for n in range(20_000)}",
)
NEW = "version = 'new'; big = os.urandom(12 << 20); shared[:] = ['new']; more = [{n: str(n)} for n in range(100_000)]"
CHECK = "version, len(big), len(many), objects['k7']['s'] is shared, shared, len(objects)"
HOLDS_OLD = "('old', 6291456, 50000, True, ['old'], 20000)"
HOLDS_NEW = "('new', 12582912, 50000, True, ['new'], 20000)"


@pytest.fixture
def source(start: Start, store: Path) -> Kernel:
    kernel = start()
    kernel.works(*OLD, f"%ferry save {store} --json", NEW)
    return kernel


def loads(start: Start, store: Path) -> str:
    """What another kernel finds; everything must be whole."""
    for found in find(DirectoryStore(store)):
        with open_checkpoint(DirectoryStore(store), checkpoint=found.checkpoint) as checkpoint:
            assert checkpoint.damaged() == []
    kernel = start()
    outcomes = kernel.run(f"%ferry load {store} --json").outcomes
    assert {how for name, how in outcomes.items() if not name.startswith("Out[")} == {"stored"}
    found_there = kernel.works(CHECK).text.strip()
    kernel.kill()
    return found_there


def wait_a_little(moment: random.Random, kernel: Kernel) -> None:
    """Come to a random moment of a save, measured in looks at the child, and not in time."""
    until(lambda: bool(kernel.children()))
    chosen = moment.uniform(0, 0.4)
    with suppress(AssertionError):
        until(lambda: not kernel.children(), chosen)


@pytest.mark.parametrize("seed", range(6))
def test_a_child_killed_at_any_moment_costs_no_more_than_it_says(
    source: Kernel, start: Start, store: Path, seed: int
) -> None:
    moment = random.Random(seed)  # noqa: S311 - not a secret
    request = source.begin(f"%ferry save {store} --json --replay never")
    wait_a_little(moment, source)
    for pid in source.children():
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    saved = source.finish(request)
    assert source.children() == []
    assert source.works(CHECK).text.strip() == HOLDS_NEW
    if saved.error:
        assert saved.error.startswith("FerryError: The process that was saving crashed")
        assert loads(start, store) == HOLDS_OLD
    for name, how in () if saved.error else saved.outcomes.items():
        assert how == "stored" or "signal 9" in saved.reason(name)
    source.works(f"%ferry save {store} --json")
    assert loads(start, store) == HOLDS_NEW


@pytest.mark.parametrize("how", ["", "--no-fork"])
@pytest.mark.parametrize("seed", range(3))
def test_a_kernel_killed_at_any_moment_leaves_the_checkpoint_before(
    source: Kernel, start: Start, store: Path, seed: int, how: str
) -> None:
    moment = random.Random(seed)  # noqa: S311 - not a secret
    source.begin(f"%ferry save {store} {how}")
    with suppress(AssertionError):
        until(lambda: len(list(store.glob("checkpoints/*/*/manifest.json"))) > 1, moment.uniform(0, 0.8))
    source.kill()
    assert loads(start, store) in {HOLDS_OLD, HOLDS_NEW}


@pytest.mark.parametrize("how", ["", "--no-fork"])
@pytest.mark.parametrize("seed", range(3))
def test_a_save_that_is_interrupted_leaves_a_session_that_works(
    source: Kernel, start: Start, store: Path, seed: int, how: str
) -> None:
    moment = random.Random(seed)  # noqa: S311 - not a secret
    request = source.begin(f"%ferry save {store} --json {how}")
    with suppress(AssertionError):
        until(lambda: len(list(store.glob("checkpoints/*/*/manifest.json"))) > 1, moment.uniform(0, 0.6))
    source.interrupt()
    saved = source.finish(request)
    assert not saved.error or "KeyboardInterrupt" in saved.error
    assert source.children() == []
    assert source.works(CHECK).text.strip() == HOLDS_NEW
    assert loads(start, store) in ({HOLDS_OLD, HOLDS_NEW} if saved.error else {HOLDS_NEW})
    source.works("more.append(1)", f"%ferry save {store} --json")
    assert loads(start, store) == HOLDS_NEW


def test_the_child_of_a_kernel_that_dies_does_not_live_on(kernel: Kernel, store: Path, tmp_path: Path) -> None:
    there = tmp_path / "there"
    kernel.works(
        "import threading, pathlib\nclass Hangs:\n    def __reduce__(self):\n"
        f"        pathlib.Path({str(there)!r}).touch()\n        threading.Event().wait()\nh = Hangs()"
    )
    kernel.begin(f"%ferry save {store} --replay never")
    until(there.exists)
    (child,) = kernel.children()
    kernel.process.kill()
    kernel.process.wait()
    try:
        until(lambda: not Path(f"/proc/{child}").exists(), 5)
    finally:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


def test_two_kernels_save_into_one_folder_at_once(start: Start, store: Path) -> None:
    pair = start(), start()
    for name, kernel in zip("ab", pair, strict=True):
        kernel.works(*OLD, f"who = {name!r}")
    for _ in range(3):
        requests = [kernel.begin(f"%ferry save {store} --json") for kernel in pair]
        for kernel, request in zip(pair, requests, strict=True):
            assert not kernel.finish(request).error
    assert loads(start, store) == HOLDS_OLD
    everything = find(DirectoryStore(store))
    assert len({found.checkpoint for found in everything}) == 6
    for found in everything[::3]:
        other = start()
        other.works(f"%ferry load {store} --checkpoint {found.checkpoint} --json")
        assert other.works("who").text.strip() in {"'a'", "'b'"}


def test_two_thousand_names_are_saved_and_loaded(start: Start, store: Path) -> None:
    kernel = start()
    kernel.works("shared = []\nfor n in range(2000):\n    globals()[f'name{n}'] = [n, shared] if n % 10 == 0 else [n]")
    saved = kernel.run(f"%ferry save {store} --json")
    assert set(saved.outcomes.values()) == {"stored"}
    assert len(saved.outcomes) == 2002
    other = start()
    other.works(f"%ferry load {store} --json")
    assert other.works("all(globals()[f'name{n}'][0] == n for n in range(2000))").text == "True\n"
    assert other.works("all(globals()[f'name{n}'][1] is shared for n in range(0, 2000, 10))").text == "True\n"
