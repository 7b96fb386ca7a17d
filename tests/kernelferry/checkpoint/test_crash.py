"""A writer that is killed at any point leaves the store with the checkpoints that it had."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

import kernelferry
from kernelferry.checkpoint import collect, find, open_checkpoint
from kernelferry.stores import DirectoryStore
from tests.kernelferry.checkpoint.sessions import load, save

_PATH = os.pathsep.join([str(Path(kernelferry.__file__).parents[1]), str(Path(__file__).parents[3])])
_ENV = {**os.environ, "PYTHONPATH": _PATH}

# Kills itself before or after the n-th call to the system that changes something, for each n there is.
_EACH_POINT = """
import os, signal, sys
from kernelferry.stores import DirectoryStore
from tests.kernelferry.checkpoint.sessions import load, save

def armed(call, left, after):
    def run(*args, **kwargs):
        left[0] = mine = left[0] - 1
        if mine == 0 and not after:
            os.kill(os.getpid(), signal.SIGKILL)
        try:
            return call(*args, **kwargs)
        finally:
            if mine == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    return run

def die_at(number, after):
    left = [number]
    for name in ("open", "writev", "fsync", "replace", "mkdir", "utime"):
        setattr(os, name, armed(getattr(os, name), left, after))

folder, old = sys.argv[1], {"x": b"old" * 100_000}
save(DirectoryStore(folder), old, checkpoint="old", created="2026-01-01T00:00:00.000000Z")
for after in (False, True):
    number, status = 0, 1
    while status:
        number += 1
        new = {"x": b"new" * 100_000, "y": os.urandom(300_000), "z": [number, after]}
        child = os.fork()
        if not child:
            die_at(number, after)
            save(DirectoryStore(folder), new, checkpoint="new")
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        latest = load(DirectoryStore(folder))
        assert latest in (old, new) or latest["z"] != new["z"], number
        assert status or latest == new, number
        assert load(DirectoryStore(folder), checkpoint="old") == old, number
    print(number)
"""


def test_a_writer_killed_at_any_call_leaves_the_previous_checkpoint(tmp_path: Path) -> None:
    done = _run(_EACH_POINT, str(tmp_path))
    points = [int(line) for line in done.split()]
    assert min(points) > 15, "files, folders, syncs and renames"
    store = DirectoryStore(tmp_path)
    assert list(tmp_path.rglob(".tmp-*"))
    collect(store, grace=-1)
    _assert_clean(tmp_path)


_FOREVER = """
import random, sys
from kernelferry.stores import DirectoryStore
from tests.kernelferry.checkpoint.sessions import save
folder, seed = sys.argv[1], int(sys.argv[2])
noise = random.Random(seed)
store, common = DirectoryStore(folder), noise.randbytes(6 << 20)
for count in range(1000):
    save(store, {"common": common, "own": noise.randbytes(5 << 20), "count": count}, checkpoint=f"s{seed}-{count}")
    print(count, flush=True)
"""


@pytest.mark.parametrize("seed", range(8))
def test_a_writer_killed_at_any_moment_leaves_all_that_it_had_committed(tmp_path: Path, seed: int) -> None:
    save(DirectoryStore(tmp_path), {"count": -1}, checkpoint="old")
    moment = random.Random(seed)  # noqa: S311 - not a secret
    with subprocess.Popen(
        [sys.executable, "-c", _FOREVER, str(tmp_path), str(seed)], env=_ENV, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        said = [int(writer.stdout.readline()) for _ in range(moment.randint(1, 4))]
        with pytest.raises(subprocess.TimeoutExpired):
            writer.wait(moment.uniform(0, 0.1))
        writer.kill()
        said += [int(line) for line in writer.stdout.read().split()]
    store = DirectoryStore(tmp_path)
    assert load(store)["count"] >= said[-1]
    assert load(store, checkpoint=f"s{seed}-{said[-1]}")["count"] == said[-1]
    for found in find(store):
        with open_checkpoint(store, checkpoint=found.checkpoint) as checkpoint:
            assert checkpoint.damaged() == []
    collect(store, keep=1, grace=-1)
    _assert_clean(tmp_path)


def _assert_clean(folder: Path) -> None:
    """Nothing is there but what the checkpoints need, and those are whole."""
    store = DirectoryStore(folder)
    needed = set()
    for found in find(store):
        with open_checkpoint(store, checkpoint=found.checkpoint) as checkpoint:
            assert checkpoint.damaged() == []
            needed |= {ref.key for ref in checkpoint.manifest.chunks()}
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert {key for key in there if not key.endswith("/manifest.json")} == needed


_FORK = """
import os, sys
from kernelferry.checkpoint import CheckpointWriter
from kernelferry.stores import DirectoryStore
from tests.kernelferry.checkpoint.sessions import load, save
store, values = DirectoryStore(sys.argv[1]), {"x": os.urandom(30 << 20)}
save(store, values, checkpoint="parent")           # threads, digests and codecs have been used before the fork
with CheckpointWriter(store, checkpoint="under-way", kernel="kernel") as out:
    with out.component() as part:
        part.write(os.urandom(9 << 20))
    out.flush()
    child = os.fork()
    if not child:
        save(store, {**values, "y": 1}, checkpoint="child")
        assert load(store, checkpoint="child")["y"] == 1
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert len([name for name in os.listdir(f"{sys.argv[1]}/chunks") if name.startswith(".tmp-")]) >= 2
assert load(store, checkpoint="child") == {**values, "y": 1}
"""


def test_a_forked_child_saves_by_itself_and_leaves_its_parents_files_alone(tmp_path: Path) -> None:
    _run(_FORK, str(tmp_path))


def _run(code: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *args], env=_ENV, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
