"""Objects whose own way of being pickled does harm cost themselves, and nobody else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.conftest import Start
from tests.faults.kernels import Kernel

pytestmark = pytest.mark.slow
GOOD = "shared = [1]; good = {'shared': shared}; also = [shared]"
# What `__reduce__` does, and what the report must say of it.
HOSTILE = {
    "crashes": ("os.kill(os.getpid(), signal.SIGSEGV)", "signal 11"),
    "exits": ("os._exit(0)", "crashed"),
    "exits with a status": ("os._exit(7)", "exit status 7"),
    "leaves": ("sys.exit(3)", "SystemExit"),
    "hangs": ("threading.Event().wait()", "took longer than 2 s"),
    "hangs and hears no signal": ("while True: pass", "took longer than 2 s"),
    "returns garbage": ("return 17", ""),
    "returns what cannot be called": ("return 'a', 3", ""),
    "raises": ("raise RuntimeError('no thanks')", "no thanks"),
    "raises what is no Exception": ("raise BaseException('odd')", ""),
    "raises what cannot be shown": ("raise type('E', (Exception,), {'__str__': lambda e: 1/0})", ""),
    "runs out of memory": ("raise MemoryError", ""),
    "recurses": ("return self.__reduce__()", ""),
}


def hostile(does: str) -> tuple[str, str]:
    made = "class Bad:\n    def __init__(self, held):\n        self.held = held\n    def __reduce__(self):\n        "
    return "import os, signal, sys, threading", f"{made}{does}\nbad = Bad(shared)"


@pytest.mark.parametrize("what", HOSTILE)
def test_an_object_whose_reduce_does_harm_is_skipped_alone(start: Start, store: Path, what: str) -> None:
    does, says = HOSTILE[what]
    kernel = start()
    kernel.works(GOOD, *hostile(does))
    # The cell that made it may run again, which makes it anew: that is not in question here.
    saved = kernel.run(f"%ferry save {store} --json --deadline 2 --replay never")
    assert saved.outcomes["bad"] == "skipped"
    assert {saved.outcomes[name] for name in ("shared", "good", "also", "Bad")} == {"stored"}
    assert says in saved.reason("bad")
    assert kernel.children() == []
    assert kernel.works("good['shared'].append(2); bad.held").text.strip() == "[1, 2]"
    other = start()
    loaded = other.run(f"%ferry load {store} --json")
    assert loaded.outcomes["bad"] == "skipped"
    assert other.works("good['shared'] is shared is also[0], shared, 'bad' in globals()").text == "(True, [1], False)\n"


def test_an_object_that_is_recomputed_need_not_be_pickled(start: Start, store: Path) -> None:
    kernel = start()
    kernel.works(GOOD, *hostile("os.abort()"))
    saved = kernel.run(f"%ferry save {store} --json")
    assert "recomputed" in {saved.outcomes["bad"]} | {saved.outcomes["shared"]}
    other = start()
    other.works(f"%ferry load {store} --json")
    assert other.works("bad.held is shared is good['shared']").text == "True\n"


def test_several_hostile_objects_are_each_skipped(start: Start, store: Path) -> None:
    kernel = start()
    cells = [cell for does in ("os.abort()", "os._exit(1)", "raise ValueError") for cell in hostile(does)]
    renamed = [re.sub(r"\b(bad|Bad)\b", rf"\g<1>{number // 2}", cell) for number, cell in enumerate(cells)]
    kernel.works(GOOD, *renamed)
    saved = kernel.run(f"%ferry save {store} --json --replay never")
    assert {saved.outcomes[f"bad{number}"] for number in range(3)} == {"skipped"}
    assert {saved.outcomes[name] for name in ("shared", "good", "also")} == {"stored"}


def test_what_a_reduce_changes_it_changes_in_a_copy(start: Start, store: Path) -> None:
    kernel = start()
    changes = "shared.clear(); globals()['new'] = 1; os.chdir('/'); os.environ['KF'] = '1'"
    kernel.works(GOOD, *hostile(f"{changes}; return Bad, ([],)"))
    look = "str((shared, 'new' in globals(), os.getcwd(), 'KF' in os.environ))"
    before = kernel.ask(look)
    kernel.run(f"%ferry save {store} --json")
    assert kernel.ask(look) == before


def test_what_a_reduce_prints_is_not_shown(kernel: Kernel, store: Path) -> None:
    kernel.works(GOOD, *hostile("print('heard'); print('too', file=sys.stderr); return Bad, ([],)"))
    saved = kernel.run(f"%ferry save {store} --json")
    assert saved.outcomes["bad"] == "stored"
    assert "heard" not in saved.text
    assert "too" not in saved.text


@pytest.mark.parametrize("child", ["goes on", "ends"])
def test_a_reduce_that_forks_leaves_one_whole_checkpoint(start: Start, store: Path, child: str) -> None:
    kernel = start()
    forks = "pid = os.fork()" + ("" if child == "goes on" else "\n        if not pid: os._exit(0)")
    kernel.works(GOOD, "many = {f'name{number}' * 10: number for number in range(5000)}",
                 "globals().update({f'n{number}': [number] for number in range(300)})",
                 *hostile(f"{forks}\n        return Bad, ([],)"))  # fmt: skip
    saved = kernel.run(f"%ferry save {store} --json")
    assert saved.outcomes["good"] == "stored"
    other = start()
    other.works(f"%ferry load {store} --json")
    assert other.works("good['shared'] is shared, len(many), n299").text == "(True, 5000, [299])\n"


def test_without_a_child_only_what_ends_the_process_is_worse(start: Start, store: Path) -> None:
    kernel = start()
    for does in ("sys.exit(3)", "return 17", "raise BaseException('odd')", "raise MemoryError"):
        kernel.works(GOOD, *hostile(does))
        saved = kernel.run(f"%ferry save {store} --json --no-fork --replay never")
        assert saved.outcomes["bad"] == "skipped", does
        assert saved.outcomes["good"] == "stored", does


def test_no_file_is_left_open_by_a_save(kernel: Kernel, store: Path) -> None:
    kernel.works(GOOD, *hostile("os.abort()"), f"%ferry save {store} --json --replay never")
    before = open_files(kernel)
    for _ in range(3):
        kernel.works(f"%ferry save {store} --json --replay never")
    assert open_files(kernel) <= before


def open_files(kernel: Kernel) -> int:
    return len(list(Path(f"/proc/{kernel.process.pid}/fd").iterdir()))
