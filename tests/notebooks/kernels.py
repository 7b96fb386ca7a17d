"""A real kernel, driven as a notebook's frontend drives it."""

from __future__ import annotations

import os
import queue
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, final

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.connect import write_connection_file

from tests.notebooks.outputs import CellRun, Recorder

PLUGIN = Path(__file__).resolve().parents[2] / "kernel_plugin"

_PATIENCE = 45.0  # seconds without a word, on a busy machine; the slowest cell needs 3 on an idle one
_LOOK = 1.0  # seconds without a message after which to see whether the kernel still lives


class KernelLostError(AssertionError):
    """The kernel has died, or says nothing any more."""


@final
class Kernel:
    """A kernel that is killed, not stopped, at the end: what it would do on its way out must not be counted on.

    Args:
        work: the folder it starts in.
        temporary: its folder of temporary files.
        own: a folder for what belongs to this process alone.
    """

    def __init__(self, *, work: Path, temporary: Path, own: Path) -> None:
        own.mkdir()
        # The names of sockets are limited to 107 characters, and a test's folders can be deep.
        self._sockets = tempfile.TemporaryDirectory(prefix="kf-")
        file, _ = write_connection_file(
            str(own / "connection.json"),
            ip=f"{self._sockets.name}/k",
            transport="ipc",
            key=os.urandom(16).hex().encode(),
        )
        self._log = own / "log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ipykernel_launcher", "-f", file],
                cwd=work,
                env=_environment(temporary, own),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._client = BlockingKernelClient(connection_file=file)
        self._client.load_connection_file()
        # The heartbeat declares a kernel dead that is only slow to start.
        self._client.start_channels(hb=False)

    def __enter__(self) -> Kernel:
        try:
            self._await_start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """End it and all its children with SIGKILL."""
        self._client.stop_channels()
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._sockets.cleanup()

    def _await_start(self) -> None:
        """Ask until the answer is heard: what is published before both sides are connected is lost."""
        asked = set()
        for _ in range(int(_PATIENCE / _LOOK)):
            asked.add(self._client.kernel_info())
            try:
                heard = self._client.get_iopub_msg(timeout=_LOOK)
            except queue.Empty as error:
                if self._process.poll() is not None:
                    raise self._lost() from error
            else:
                if heard["parent_header"].get("msg_id") in asked:
                    return
        raise self._lost()

    def run(self, source: str) -> CellRun:
        """Run a cell to its end."""
        request = self._client.execute(source, allow_stdin=False, stop_on_error=False)
        recorder = Recorder()
        while True:
            message = self._next_output()
            if message["parent_header"].get("msg_id") != request:
                continue
            kind, content = message["header"]["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                break
            recorder.add(kind, content)
        return recorder.finish(self._reply(request)["content"].get("execution_count"))

    def names(self) -> dict[str, str]:
        """All public names of the session and the types of their values."""
        asked = "' '.join(f'{name}={type(value).__qualname__}' for name, value in sorted(globals().items()))"
        request = self._client.execute("", silent=True, user_expressions={"names": asked})
        found = self._reply(request)["content"]["user_expressions"]["names"]["data"]["text/plain"]
        pairs = (word.partition("=") for word in found.strip("'").split())
        # The iterators of built-in containers are pickled as others, which give the same items.
        return {name: re.sub(r".*iterator$", "iterator", kind) for name, _, kind in pairs if not name.startswith("_")}

    def _reply(self, request: str) -> dict[str, Any]:
        while True:
            try:
                reply: dict[str, Any] = self._client.get_shell_msg(timeout=_PATIENCE)
            except queue.Empty as error:
                raise self._lost() from error
            if reply["parent_header"].get("msg_id") == request:
                return reply

    def _next_output(self) -> dict[str, Any]:
        for _ in range(int(_PATIENCE / _LOOK)):
            try:
                message: dict[str, Any] = self._client.get_iopub_msg(timeout=_LOOK)
            except queue.Empty as error:
                if self._process.poll() is not None:
                    raise self._lost() from error
            else:
                return message
        raise self._lost()

    def _lost(self) -> KernelLostError:
        code = self._process.poll()
        how = f"nothing was heard for {_PATIENCE:g} s" if code is None else f"the kernel ended with {code}"
        return KernelLostError(f"{how}: {self._last_words()}")

    def _last_words(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")[-2000:]


def _environment(temporary: Path, own: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}
    return kept | {
        "PYTHONPATH": str(PLUGIN),
        "IPYTHONDIR": str(own / "ipython"),
        "TMPDIR": str(temporary),
        # Sums in another order have other last digits.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
