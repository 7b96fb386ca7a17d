"""Real kernels to do harm to."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

PLUGIN = Path(__file__).resolve().parents[2] / "kernel_plugin"
_PATIENCE = 90.0  # seconds: a hang, and not a busy machine
_ANSI = re.compile(r"\x1b\[[0-9;]*m")
_SOURCE = "%load_ext kernelferry"


class KernelDiedError(AssertionError):
    """The kernel's process has ended, or says nothing any more."""


@dataclass
class Ran:
    """What a cell left behind.

    Attributes:
        text: what it has printed and shown.
        error: its traceback as it is shown; empty if there was none.
        count: its number.
    """

    text: str = ""
    error: str = ""
    count: int = 0

    @property
    def report(self) -> dict[str, Any]:
        """The report that it has printed."""
        assert not self.error, self.error
        found: dict[str, Any] = json.loads(self.text.strip().splitlines()[-1])
        return found

    @property
    def outcomes(self) -> dict[str, str]:
        """By name."""
        return {name: entry["outcome"] for name, entry in self.report["variables"].items()}

    def reason(self, name: str) -> str:
        """Why something has become of a name."""
        found: str = self.report["variables"][name]["reason"]
        return found


@dataclass
class Kernel:
    """A kernel in a process of its own.

    Args:
        work: the folder that it starts in.
        environment: variables besides those of this process.
        paths: where it finds modules, besides the plugin.
        extension: whether it is loaded at once.
    """

    work: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()
    extension: bool = True

    def __post_init__(self) -> None:
        # The names of sockets are limited to 107 characters, and a test's folders can be deep.
        self._home = tempfile.TemporaryDirectory(prefix="kf-")
        home = Path(self._home.name)
        file, _ = write_connection_file(
            str(home / "c.json"), ip=f"{home}/k", transport="ipc", key=os.urandom(16).hex().encode()
        )
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("COV_", "PYTEST_", "IPY"))}
        path = os.pathsep.join(map(str, (PLUGIN, *self.paths)))
        self._log = home / "log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ipykernel_launcher", "-f", file, "--HistoryManager.hist_file=:memory:"],
                cwd=self.work,
                env={**kept, "PYTHONPATH": path, "IPYTHONDIR": str(home / "ipython"), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._client = BlockingKernelClient(connection_file=file)
        self._client.load_connection_file()
        self._client.start_channels()

    def ready(self) -> Kernel:
        """Wait until it answers."""
        try:
            self._client.wait_for_ready(timeout=_PATIENCE)
        except RuntimeError as error:
            raise KernelDiedError(self.log()) from error
        if self.extension:
            self.run(_SOURCE)
        return self

    def run(self, *cells: str) -> Ran:
        """Run cells to their end; what the last one left."""
        found = Ran()
        for cell in cells:
            found = self.finish(self.begin(cell))
        return found

    def works(self, *cells: str) -> Ran:
        """Run cells none of which may fail."""
        found = Ran()
        for cell in cells:
            found = self.run(cell)
            assert not found.error, f"{cell}\n{found.error}"
        return found

    def begin(self, cell: str) -> str:
        """Send a cell, and do not wait."""
        request: str = self._client.execute(cell, allow_stdin=False, stop_on_error=False)
        return request

    def finish(self, request: str) -> Ran:
        """Wait until a cell that was sent has ended."""
        found = Ran()
        while True:
            message = self._next(self._client.get_iopub_msg, request)
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            if kind == "stream":
                found.text += content["text"]
            elif kind in {"execute_result", "display_data"}:
                found.text += content["data"]["text/plain"] + "\n"
            elif kind == "error":
                found.error = _ANSI.sub("", "\n".join(content["traceback"]))
        found.count = self._next(self._client.get_shell_msg, request)["content"].get("execution_count") or 0
        return found

    def ask(self, expression: str) -> str:
        """Evaluate an expression without a trace in the session; the `repr` of what it gives."""
        request = self._client.execute("", silent=True, user_expressions={"it": expression}, allow_stdin=False)
        found = self._next(self._client.get_shell_msg, request)["content"]["user_expressions"]["it"]
        assert found["status"] == "ok", found
        text: str = found["data"]["text/plain"]
        return text

    def interrupt(self) -> None:
        """Do what the stop button does."""
        self.process.send_signal(signal.SIGINT)

    def children(self) -> list[int]:
        """The processes that it has started, those that nobody has waited for included."""
        path = Path(f"/proc/{self.process.pid}/task")
        return [int(pid) for task in path.iterdir() for pid in (task / "children").read_text().split()]

    def log(self) -> str:
        """What its process has written."""
        return self._log.read_text(encoding="utf-8", errors="replace")[-4000:]

    def kill(self) -> None:
        """End it as a lost node does: at once, with all its children."""
        self._client.stop_channels()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._home.cleanup()

    def _next(self, get: Callable[..., dict[str, Any]], request: str) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                message = get(timeout=0.5)
            except queue.Empty:
                continue
            if message["parent_header"].get("msg_id") == request:
                return message
        code = self.process.poll()
        how = f"nothing within {_PATIENCE:.0f} s" if code is None else f"ended with {code}"
        msg = f"{how}: {self.log()}"
        raise KernelDiedError(msg)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Look again and again until something is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.002)
