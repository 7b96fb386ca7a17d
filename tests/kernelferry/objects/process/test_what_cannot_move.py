"""Claims about what is named because it cannot move, and about one aspect's failure being its own."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kernelferry
from kernelferry.objects import process
from kernelferry.objects.process.references import Objects

_spec = importlib.util.spec_from_file_location("process_pair", Path(__file__).with_name("pair.py"))
assert _spec is not None
assert _spec.loader is not None
_pair = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_pair)

RUNNING = """
    import asyncio, atexit, os, signal, subprocess, sys, threading
    from concurrent.futures import ThreadPoolExecutor
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from multiprocessing.pool import ThreadPool

    stop, begun = threading.Event(), threading.Event()
    threading.Thread(target=stop.wait, name='waits', daemon=True).start()
    def work(): stop.wait()
    threading.Thread(target=work, name='works', daemon=True).start()
    def start_timer():
        timer = threading.Timer(1000, work)
        timer.name = 'timer'
        timer.start()
    start_timer()
    server = HTTPServer(('127.0.0.1', 0), BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, name='serves', daemon=True).start()
    idle = ThreadPoolExecutor(2, thread_name_prefix='idle')
    idle.submit(int).result()
    pool = ThreadPool(2)
    pool.map(int, [1, 2])
    busy = ThreadPoolExecutor(1, thread_name_prefix='busy')
    def occupied():
        begun.set()
        stop.wait()
    busy.submit(occupied)
    begun.wait()

    child = subprocess.Popen([sys.executable, '-c', 'input()', 'secret-of-mine'], stdin=subprocess.PIPE)

    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    async def forever(): await asyncio.sleep(1000)
    loop.create_task(forever(), name='mine')
    loop.call_soon(loop.stop)
    loop.run_forever()

    def with_arguments(x): pass
    atexit.register(with_arguments, 1)
    signal.alarm(1000)

    def the_end():
        [each.cancel() for each in threading.enumerate() if isinstance(each, threading.Timer)]
        stop.set(); server.shutdown(); server.server_close(); child.communicate(); pool.terminate()
        [each.cancel() for each in asyncio.all_tasks(loop)]
        loop.run_until_complete(asyncio.sleep(0)); loop.close()
    threading._register_atexit(the_end)
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _pair.move(tmp_path_factory.mktemp("running"), {"": (RUNNING, "")}).outcomes


@pytest.mark.parametrize("name", ["waits", "works", "timer", "serves", "busy_0"])
def test_a_thread_that_does_something_for_the_session_is_named(running: Any, name: str) -> None:
    outcome, reason, _ = running["threads"]
    assert outcome == "skipped"
    assert name in reason


def test_idle_threads_of_pools_are_not_named(running: Any) -> None:
    assert "idle" not in running["threads"][1]
    assert running["threads"][1].count(",") == 4  # five names


def test_a_task_is_named_with_its_coroutine(running: Any) -> None:
    assert running["asyncio"] == ("skipped", "A running task cannot be moved: mine (forever).", "")


def test_a_process_is_named_and_its_arguments_are_not(running: Any) -> None:
    outcome, reason, _ = running["child processes"]
    assert outcome == "skipped"
    assert "process" in reason
    assert "secret-of-mine" not in reason


def test_a_function_that_is_called_at_exit_with_arguments_is_named(running: Any) -> None:
    assert "with_arguments will not be called at exit" in running["atexit"][1]


def test_an_alarm_is_named(running: Any) -> None:
    assert "alarm" in running["signal"][1]


class Broken:
    """An aspect that fails at everything."""

    name = "broken"
    early = True

    def loaded(self) -> bool:
        raise OSError

    def baseline(self) -> object:
        raise OSError

    def capture(self, start: object, objects: Objects) -> process.Captured | None:  # noqa: ARG002
        msg = "no such thing"
        raise OSError(msg)

    def restore(self, data: object, objects: Objects) -> list[str]:  # noqa: ARG002
        msg = "not here"
        raise OSError(msg)


class Strange(Broken):
    """An aspect that finds what is not plain."""

    name = "strange"

    def capture(self, start: object, objects: Objects) -> process.Captured | None:  # noqa: ARG002
        return process.Captured({"a": [object()]})


class Good(Broken):
    """An aspect that does its work."""

    name = "good"

    def capture(self, start: object, objects: Objects) -> process.Captured | None:  # noqa: ARG002
        return process.Captured(5, detail="five")

    def restore(self, data: object, objects: Objects) -> list[str]:  # noqa: ARG002
        return [] if data == 5 else ["It is not five."]


def test_an_aspect_that_cannot_be_read_is_skipped_and_spoils_no_other() -> None:
    known = [Broken(), Strange(), Good()]
    assert process.baselines(known) == {}
    captured = process.capture_all(None, known)
    outcomes = process.restore_all(captured, known)
    assert outcomes["broken"] == process.Outcome("skipped", "It could not be read (OSError: no such thing).")
    assert outcomes["strange"].outcome == "skipped"
    assert outcomes["good"] == process.Outcome("stored", detail="five")


def test_an_aspect_that_cannot_be_put_back_is_skipped_and_spoils_no_other() -> None:
    captured = {"broken": process.Captured(1), "good": process.Captured(5)}
    process.prepare(captured, [Broken(), Good()])
    outcomes = process.restore_all(captured, [Broken(), Good()])
    assert outcomes["broken"] == process.Outcome("skipped", "It could not be put back (OSError: not here).")
    assert outcomes["good"].outcome == "stored"


def test_an_aspect_that_this_release_does_not_know_is_skipped() -> None:
    assert process.restore_all({"of the future": process.Captured(1)}, [])["of the future"].outcome == "skipped"


def test_what_is_not_here_is_named_and_the_rest_is_set(tmp_path: Path) -> None:
    cells = """
        import os, signal
        os.mkdir('gone'); os.chdir('gone')
        signal.signal(signal.SIGUSR1, (lambda generator: lambda *_: next(generator))(i for i in []))
        signal.signal(signal.SIGUSR2, lambda *_: None)
    """
    check = """
        import os, signal
        assert not os.getcwd().endswith('gone')
        assert signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL and callable(signal.getsignal(signal.SIGUSR2))
    """
    moved = _pair.move(tmp_path, {"": (cells, check)}, first="import shutil\nshutil.rmtree('work')")
    assert moved.failures == {"": ""}
    outcome, reason, _ = moved.outcomes["cwd"]
    assert outcome == "skipped"
    assert "cannot be entered here (FileNotFoundError" in reason
    assert moved.outcomes["signal"][0] == "skipped"
    assert "SIGUSR1 has its usual effect." in moved.outcomes["signal"][1]


def test_without_baselines_nothing_is_guessed(tmp_path: Path) -> None:
    program = """
import os, sys
os.environ["MINE"] = "1"
sys.path.append("/mine")
from kernelferry.objects import process
found = process.capture_all()
assert not [each.left for each in found.values() if each.left], found
assert found["environ"].detail == "set: MINE" and found["sys.path"].detail == "added: /mine", found
for name in ("sys", "signal", "atexit", "patches", "modules", "made modules", "hooks", "decimal"):
    assert name not in found or found[name].data is None, (name, found[name])
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(kernelferry.__file__).parents[1])}
    program = "import sys; sys.path.remove('')\n" + program
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=60, cwd=tmp_path)


def test_the_aspects_have_the_names_of_the_design() -> None:
    names = [aspect.name for aspect in process.aspects()]
    assert len(set(names)) == len(names)
    assert set(names) >= {
        *("cwd", "environ", "sys.path", "random", "numpy.random", "torch.random", "warnings", "logging", "locale"),
        *("decimal", "signal", "atexit", "matplotlib", "pandas", "numpy", "asyncio", "threads"),
    }
