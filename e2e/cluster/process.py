"""Start, watch and end the cluster's long-running programs, without a supervisor of their own.

A program survives the tool that started it, so what is known about it lives on disk: its pid with its start time (a
pid alone may have been given to somebody else since) and a fingerprint of how it was started. Every program also
carries its component's name in its environment, so that one whose record was lost to a kill is found all the same,
and nothing is ever ended that was not started here.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from e2e.cluster import files, shell
from e2e.cluster.errors import ClusterError, ComponentError

MARK = "KERNEL_FERRY_COMPONENT"
_POLL_S = 0.05
_TAIL_LINES = 30
_KILLED_AFTER_S = 10.0
_GIVEN_UP_AFTER_S = 30.0


@dataclass(frozen=True)
class Component:
    """A program to keep running.

    Args:
        name: its name in `status`, `logs` and `kill`.
        argv: the program and its arguments.
        ready: says whether it serves; asked again and again until it does.
        timeout: seconds it may take to get ready.
        env: added to the environment; may hold secrets, is never logged.
        files: configuration it reads; a change of their contents restarts it.
        enter: words put before `argv` that end in exec'ing it, such as an `nsenter`.
    """

    name: str
    argv: tuple[str, ...]
    ready: Callable[[], bool]
    timeout: float = 60.0
    env: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    enter: tuple[str, ...] = ()

    def fingerprint(self) -> str:
        """Digest everything that decides how the program runs."""
        parts: list[object] = [self.argv, sorted(self.env.items()), self.enter]
        parts += [hashlib.sha256(path.read_bytes()).hexdigest() for path in self.files]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


class Processes:
    """The programs of one cluster, recorded in a folder of its state."""

    def __init__(self, records: Path, logs: Path) -> None:
        """Use `records` for what runs and `logs` for what it prints."""
        self._records = records
        self._logs = logs

    def pid(self, name: str) -> int | None:
        """Return the pid of a component that runs, or None."""
        record = self._read(name)
        # A program that ended at once may have no start time on record; then it has none now either.
        if record is None or record["start_time"] is None or _start_time(record["pid"]) != record["start_time"]:
            return None
        return int(record["pid"])

    def names(self) -> list[str]:
        """Return the names of all components ever started here, running or not."""
        return sorted(path.stem for path in self._records.glob("*.json"))

    def ensure(self, component: Component) -> bool:
        """Start a component unless it runs just so, and wait until it is ready.

        Returns:
            Whether it had to be started.

        Raises:
            ComponentError: it ended, or was not ready in time.
        """
        start = not self.runs(component)
        if start:
            self.stop(component.name)
            end([pid for pid in marked(component.name) if _argv(pid) == component.argv])
            self._start(component)
        self._wait(component)
        return start

    def runs(self, component: Component) -> bool:
        """Say whether a component runs, and was started just so."""
        record = self._read(component.name)
        alive = record is not None and self.pid(component.name) is not None
        return alive and record is not None and record["fingerprint"] == component.fingerprint()

    def stop(self, name: str) -> None:
        """End a component; one that ignores SIGTERM for ten seconds is killed."""
        pid = self.pid(name)
        if pid is not None:
            end([pid], signal.SIGTERM)
        (self._records / f"{name}.json").unlink(missing_ok=True)

    def kill(self, name: str) -> int:
        """Kill a component as a crash would, and return the pid it had.

        Raises:
            ComponentError: it does not run.
        """
        pid = self.pid(name)
        if pid is None:
            raise self._error(name, "does not run")
        end([pid], signal.SIGKILL)
        return pid

    def log(self, name: str) -> Path:
        """Return the path of a component's log."""
        return self._logs / f"{name}.log"

    def _start(self, component: Component) -> None:
        self._records.mkdir(parents=True, exist_ok=True)
        self._logs.mkdir(parents=True, exist_ok=True)
        with self.log(component.name).open("ab") as log:
            log.write(f"--- {time.strftime('%FT%TZ', time.gmtime())} start: {component.argv[0]}\n".encode())
            log.flush()
            words = [*component.enter, *component.argv]
            # Not subprocess: it takes a program that outlives its object for a mistake.
            pid = os.posix_spawnp(
                words[0],
                words,
                {**_clean_environment(), **component.env, MARK: component.name},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                    (os.POSIX_SPAWN_DUP2, log.fileno(), 2),
                ],
                setsid=True,
            )
        record = {"pid": pid, "start_time": _start_time(pid), "fingerprint": component.fingerprint()}
        files.write(self._records / f"{component.name}.json", json.dumps(record))

    def _wait(self, component: Component) -> None:
        deadline = time.monotonic() + component.timeout
        while True:
            alive = self.pid(component.name) is not None
            if alive and component.ready():
                return
            if not alive:
                raise self._error(component.name, "ended instead of getting ready")
            if time.monotonic() > deadline:
                raise self._error(component.name, f"was not ready within {component.timeout:.0f} s")
            time.sleep(_POLL_S)

    def _error(self, name: str, reason: str) -> ComponentError:
        return ComponentError(name, reason, str(self.log(name)), tail(self.log(name), _TAIL_LINES))

    def _read(self, name: str) -> dict[str, Any] | None:
        try:
            record = json.loads((self._records / f"{name}.json").read_text())
        except (FileNotFoundError, json.JSONDecodeError):
            # A record cut short by a kill is no record; the marks find the program.
            return None
        assert isinstance(record, dict)
        return record


def tail(path: Path, lines: int) -> str:
    """Return the last lines of a file, or nothing where there is none."""
    if not path.exists():
        return ""
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])


def marked(name: str | None = None) -> list[int]:
    """Find the processes that descend from a component, by the mark in their environment.

    Args:
        name: the component; None for any.
    """
    wanted = f"{MARK}={name}".encode() if name else None
    found = []
    for pid, environment in _environments():
        variables = environment.split(b"\0")
        if wanted in variables if wanted else any(v.startswith(f"{MARK}=".encode()) for v in variables):
            found.append(pid)
    return found


def _environments() -> Iterator[tuple[int, bytes]]:
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            yield int(entry.name), (entry / "environ").read_bytes()
        except OSError:
            continue  # gone meanwhile, or a kernel thread


def _clean_environment() -> dict[str, str]:
    """Return the environment without what would change a component's behaviour behind our back."""
    foreign = ("KUBE", "ETCD", "MINIO", "CONTAINERD")
    return {k: v for k, v in shell.without_proxy(os.environ).items() if not k.startswith(foreign)}


def end(pids: list[int], sign: signal.Signals = signal.SIGKILL) -> None:
    """Signal processes and wait for their end; those that ignore it for ten seconds are killed.

    Raises:
        ClusterError: one survives even that, as a process that waits for a dead disk does.
    """
    # With their start times: while we wait, a pid may be given to somebody else.
    left = {pid: started for pid in pids if (started := _start_time(pid)) is not None}
    for pid in left:
        _signal(pid, sign)
    asked = time.monotonic()
    while left := {pid: started for pid, started in left.items() if _start_time(pid) == started}:
        if time.monotonic() - asked > _KILLED_AFTER_S:
            for pid in left:
                _signal(pid, signal.SIGKILL)
        if time.monotonic() - asked > _GIVEN_UP_AFTER_S:
            msg = f"these processes do not end, not even killed: {', '.join(map(str, left))}"
            raise ClusterError(msg)
        time.sleep(_POLL_S)


def _signal(pid: int, sign: signal.Signals) -> None:
    try:
        os.kill(pid, sign)
    except ProcessLookupError:
        return


def _start_time(pid: int | str) -> int | None:
    """Return when a process started, in clock ticks since boot; None when it is gone or only a zombie."""
    try:
        # The name, in parentheses, may hold spaces; the state is the first field after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    if fields[0] in "ZX" and _is_over(int(pid)):
        return None
    return int(fields[19])


def _is_over(zombie: int) -> bool:
    """Reap a zombie that is our child; say whether nothing of it is left, as its other threads may take longer."""
    try:
        return os.waitpid(zombie, os.WNOHANG)[0] == zombie
    except ChildProcessError:
        return True  # somebody else's: its parent reaps it


def _argv(pid: int) -> tuple[str, ...]:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return ()
    return tuple(word.decode(errors="replace") for word in words)
