"""A save in a forked child: the session as it was at the fork, while the user goes on with it.

The child has a copy of everything, which costs nothing until somebody writes to it. Whatever happens in it (a foreign
`__reduce__` that crashes, hangs, or changes things) happens to a copy. It tells over a pipe what it is doing; where it
dies or falls silent, another child is forked that leaves out what it was at.

What came of it the child leaves in a file without a name: a pipe that nobody reads for a while would hold it up. For
the same reason a save in the background drops what it has to tell when the pipe is full. It is not tried again either:
a second fork would take the session as it is by then.

In the child only the thread that forked lives on. So nothing there may wait for another one: no output through the
kernel's streams, no sockets, no pools of threads that were there before.
"""

from __future__ import annotations

import ctypes
import gc
import io
import json
import os
import pickle
import select
import signal
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, NoReturn

from kernelferry.api import FerryError, SaveReport

DEADLINE = 120.0
"""Seconds in which the child must have got further: with the next variable, or with the bytes of this one."""

_AS_THEY_WERE = "The session and earlier checkpoints are as they were."

Tell = Callable[[dict[str, Any]], None]
Work = Callable[[Tell, dict[str, str]], SaveReport]
"""What the child does: it tells of it, and leaves out the roots that are known to fail, with the reasons."""


@dataclass
class Child:
    """A save that is under way in a child.

    Args:
        work: what it does.
        deadline: seconds after which a silent one is given up.
        background: whether nobody waits for it.

    Attributes:
        pid: its process.
        at: the key of the root that it is pickling; empty once it writes.
        done: how many bytes are in the store, and of how many.
        speed: how fast the store was, in bytes per second; 0 if that was not measured.
        report: what it has done, when it has.
        error: why it gave up, if it has.
        known: roots that are left out.
    """

    work: Work
    deadline: float = DEADLINE
    background: bool = False
    pid: int = 0
    at: str = ""
    done: tuple[int, int] = (0, 0)
    speed: float = 0.0
    report: SaveReport | None = None
    error: BaseException | None = None
    known: dict[str, str] = field(default_factory=dict)
    _pipe: int = -1
    _rest: bytes = b""
    _heard: float = 0.0
    _outcome: Any = None

    def start(self) -> None:
        """Fork; must be called in the thread that runs cells."""
        reading, writing = os.pipe()
        self._outcome = tempfile.TemporaryFile()  # noqa: SIM115 - read when the child has ended
        with _no_fork_warning():
            pid = os.fork()
        if not pid:
            os.close(reading)
            os.set_blocking(writing, not self.background)
            _run(self.work, writing, self.known, self._outcome)
        os.close(writing)
        self.pid, self._pipe, self._rest, self._heard = pid, reading, b"", monotonic()

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to wait for."""
        return self.report is not None or self.error is not None

    def listen(self, seconds: float) -> None:
        """Hear what the child has to say, for so long at most; fork another one if it has died over a root."""
        if self.finished:
            return
        if self._is_ready(seconds):
            while self._hear() and self._is_ready(0):
                pass
        elif monotonic() - self._heard > self.deadline:
            self._kill()
            self._reap()
            self._ended(f"took longer than {self.deadline:.0f} s")

    def _is_ready(self, seconds: float) -> bool:
        return bool(select.select([self._pipe], [], [], seconds)[0])

    def _hear(self) -> bool:
        """Hear what there is, and say whether there may be more."""
        data = os.read(self._pipe, 1 << 16)
        self._heard = monotonic()
        if data:
            *lines, self._rest = (self._rest + data).split(b"\n")
            for line in lines:
                self._take(json.loads(line))
            return True
        status = self._reap()
        if not self._read_outcome():
            self._ended(f"crashed ({_how(status)})")
        return not self.finished

    def cancel(self) -> None:
        """End it; the store keeps what it had."""
        if not self.finished:
            self._kill()
            self._reap()
            self.error = FerryError(problem="The save was called off.", state=_AS_THEY_WERE, remedy="Save again.")

    def _take(self, said: dict[str, Any]) -> None:
        if "root" in said:
            self.at = said["root"]
        elif "done" in said:
            self.done = (said["done"], said["of"])
            self.at = ""
        elif "speed" in said:
            self.speed = said["speed"]

    def _read_outcome(self) -> bool:
        with self._outcome as file:
            file.seek(0)
            said = file.read()
        if not said:
            return False
        answer = json.loads(said)
        if "report" in answer:
            self.report = SaveReport.from_json(answer["report"])
        else:
            self.error = pickle.loads(bytes.fromhex(answer["error"]))  # noqa: S301 - from our own child
        return True

    def _ended(self, how: str) -> None:
        """The child is gone without a report: go on without the root that it was at."""
        if self.finished:
            return
        keys = [key for key in self.at.split(", ") if key] if self.at else []
        if self.background or not keys or all(key in self.known for key in keys):
            at = f" at {', '.join(key.lstrip('=') for key in keys)}" if keys else ""
            self.error = FerryError(
                problem=f"The process that was saving {how}{at}.",
                state=_AS_THEY_WERE,
                remedy="Save again; if that does not help, save without a child: kernelferry.save(…, fork=False).",
            )
            return
        self.known.update(dict.fromkeys(keys, f"pickling it {how}"))
        self.at = ""
        self.start()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def _reap(self) -> int:
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1
        with suppress(ChildProcessError):
            return os.waitpid(self.pid, 0)[1]
        return 0


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        return f"signal {number}, {signal.strsignal(number)}"
    return f"exit status {os.waitstatus_to_exitcode(status)}"


# --- in the child -----------------------------------------------------------------------------------------------------


def _run(work: Work, pipe: int, known: dict[str, str], outcome: Any) -> NoReturn:
    status = 1
    try:
        _be_quiet()
        said = _outcome(work, pipe, known, os.getpid())
        outcome.write(json.dumps(said).encode())
        outcome.flush()
        status = 0
    finally:
        # No exception, exit handler or buffered output of the parent's may take place a second time.
        os._exit(status)


def _outcome(work: Work, pipe: int, known: dict[str, str], owner: int) -> dict[str, Any]:
    def tell(said: dict[str, Any]) -> None:
        if os.getpid() != owner:
            os._exit(0)  # some `__reduce__` has forked: there is to be one save
        _say(pipe, said)

    try:
        return {"report": work(tell, known).to_json()}
    except FerryError as exc:
        return {"error": pickle.dumps(exc).hex()}
    except MemoryError:
        return {"error": pickle.dumps(_failed("there is not enough memory")).hex()}
    except BaseException as exc:  # noqa: BLE001 - told to the parent, who raises it
        return {"error": pickle.dumps(_failed(f"{type(exc).__name__}: {exc}")).hex()}


def _failed(why: str) -> FerryError:
    return FerryError(
        problem=f"The session could not be saved ({why}).",
        state=_AS_THEY_WERE,
        remedy="Save again; if it happens again, please report it.",
    )


def _say(pipe: int, said: dict[str, Any]) -> None:
    data = json.dumps(said).encode() + b"\n"
    if os.get_blocking(pipe):
        while data:
            data = data[os.write(pipe, data) :]
    elif len(data) <= select.PIPE_BUF:  # written whole, or not at all
        with suppress(BlockingIOError):
            os.write(pipe, data)


def _be_quiet() -> None:
    _die_with_the_parent()
    # Collecting would run finalizers of objects that live on in the parent.
    gc.disable()
    sys.stdout = sys.stderr = io.StringIO()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def _die_with_the_parent() -> None:
    """Do not outlive a kernel that is killed; only Linux can be asked for that."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


@contextmanager
def _no_fork_warning() -> Iterator[None]:
    # Python 3.12 warns of forking while there are threads; see the module's docstring.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
