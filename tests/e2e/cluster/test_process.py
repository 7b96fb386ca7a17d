"""Claims about long-running programs, made on real ones."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from e2e.cluster import process
from e2e.cluster.errors import ComponentError
from e2e.cluster.process import Component, Processes, end, marked

_NAME = f"test-{os.getpid()}"


@pytest.fixture
def processes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Processes]:
    # A mark of its own: a cluster that is taken down meanwhile ends whatever carries the real one.
    monkeypatch.setattr(process, "MARK", "KERNEL_FERRY_TEST")
    yield Processes(tmp_path / "records", tmp_path / "logs")
    end(marked(_NAME))


def sleeper(seconds: str = "300", **changes: object) -> Component:
    # Its mark can be read a moment after it was started.
    return Component(_NAME, ("sleep", seconds), lambda: marked(_NAME) != [], **changes)  # type: ignore[arg-type]


def test_a_component_that_runs_just_so_is_left_alone(processes: Processes) -> None:
    assert processes.ensure(sleeper()) is True
    pid = processes.pid(_NAME)
    assert processes.ensure(sleeper()) is False
    assert processes.pid(_NAME) == pid


@pytest.mark.parametrize("change", ["argv", "env", "file"])
def test_a_component_that_is_to_run_otherwise_is_started_anew(
    change: str, processes: Processes, tmp_path: Path
) -> None:
    config = tmp_path / "config"
    config.write_text("one")
    processes.ensure(sleeper(files=(config,)))
    before = processes.pid(_NAME)
    assert before is not None
    if change == "file":
        config.write_text("two")
    changed = (
        sleeper("301") if change == "argv" else sleeper(env={"A": "b"} if change == "env" else {}, files=(config,))
    )
    assert processes.ensure(changed) is True
    assert processes.pid(_NAME) not in (None, before)
    assert not Path(f"/proc/{before}").exists()


def test_a_killed_component_is_seen_as_ended_and_started_again(processes: Processes) -> None:
    processes.ensure(sleeper())
    killed = processes.kill(_NAME)
    assert processes.pid(_NAME) is None
    assert processes.ensure(sleeper()) is True
    assert processes.pid(_NAME) not in (None, killed)


@pytest.mark.parametrize("damage", ["", "{", None])
def test_a_program_whose_record_was_lost_is_ended_before_its_successor_starts(
    damage: str | None, processes: Processes, tmp_path: Path
) -> None:
    processes.ensure(sleeper())
    lost = processes.pid(_NAME)
    record = tmp_path / "records" / f"{_NAME}.json"
    if damage is None:
        record.unlink()
    else:
        record.write_text(damage)
    processes.ensure(sleeper())
    assert marked(_NAME) == [processes.pid(_NAME)]
    assert lost not in marked(_NAME)


def test_a_pid_that_was_given_to_another_program_is_not_ours(processes: Processes, tmp_path: Path) -> None:
    processes.ensure(sleeper())
    path = tmp_path / "records" / f"{_NAME}.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "pid": os.getpid()}))
    assert processes.pid(_NAME) is None
    processes.stop(_NAME)
    os.kill(os.getpid(), 0)


def test_a_component_that_ends_early_is_named_with_the_tail_of_its_log(processes: Processes) -> None:
    failing = Component(_NAME, ("sh", "-c", "echo the reason why; exit 3"), lambda: False)
    with pytest.raises(ComponentError, match=r"ended instead of getting ready(.|\n)*the reason why"):
        processes.ensure(failing)


def test_a_program_that_ended_before_it_was_recorded_is_not_taken_for_running(
    processes: Processes, tmp_path: Path
) -> None:
    (tmp_path / "records").mkdir()
    gone = subprocess.Popen(["true"])
    gone.wait()
    (tmp_path / "records" / f"{_NAME}.json").write_text(json.dumps({"pid": gone.pid, "start_time": None}))
    assert processes.pid(_NAME) is None


def test_a_component_that_never_gets_ready_is_given_up_with_its_log(processes: Processes) -> None:
    silent = Component(_NAME, ("sleep", "300"), lambda: False, timeout=0.2)
    with pytest.raises(ComponentError, match="was not ready within"):
        processes.ensure(silent)


def test_a_log_outlives_restarts(processes: Processes) -> None:
    log = processes.log(_NAME)
    for times in (1, 2):
        script = ("sh", "-c", "echo spoken; exec sleep 300")
        processes.ensure(Component(_NAME, script, partial(_spoken, log, times)))
        processes.stop(_NAME)
    assert log.read_text().count("spoken") == 2


def test_a_stop_reaches_the_program_as_sigterm(processes: Processes, tmp_path: Path) -> None:
    caught = tmp_path / "caught"
    script = f"trap 'touch {caught}; exit' TERM; echo waiting; while :; do sleep 0.05; done"
    log = processes.log(_NAME)
    processes.ensure(Component(_NAME, ("sh", "-c", script), lambda: "waiting" in log.read_text()))
    processes.stop(_NAME)
    assert caught.exists()


def test_only_descendants_of_a_component_carry_its_mark(processes: Processes) -> None:
    processes.ensure(sleeper())
    stranger = subprocess.Popen(["sleep", "300"])
    try:
        assert marked(_NAME) == [processes.pid(_NAME)]
        assert process.MARK not in os.environ
    finally:
        stranger.send_signal(signal.SIGKILL)
        stranger.wait()


def _spoken(log: Path, times: int) -> bool:
    return log.read_text().count("spoken") == times
