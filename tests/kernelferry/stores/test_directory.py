"""A folder keeps what it was given, through crashes; and what is wrong with it is said in one clear sentence."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from kernelferry.api import NotInStore, StoreError, StoreFull
from kernelferry.checkpoint import collect
from kernelferry.stores import DirectoryStore
from kernelferry.stores.explaining import READING, WRITING, explain, explained
from tests.kernelferry.checkpoint.sessions import load, save

NOBODY = 65534


# --- what is written --------------------------------------------------------------------------------------------------


def test_the_owner_alone_can_read_what_a_session_held(tmp_path: Path) -> None:
    save(DirectoryStore(tmp_path), {"secret": os.urandom(1_000_000)})
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes <= {0o600, 0o700}


def test_a_folder_is_made_only_when_asked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="There is no folder"):
        DirectoryStore(tmp_path / "new")
    assert DirectoryStore(tmp_path / "new" / "er", create=True).name == str(tmp_path / "new" / "er")
    DirectoryStore(tmp_path / "new" / "er", create=True)


@pytest.mark.parametrize(
    "key", ["", "/etc/passwd", "../x", "a/../../x", "a//b", "a/./b", "a/.tmp-0123456789abcdef", "a\0b"]
)
def test_no_key_leads_out_of_the_folder(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="not a key"):
        DirectoryStore(tmp_path).write(key, [b"x"])
    with pytest.raises(ValueError, match="not a key"):
        DirectoryStore(tmp_path).read(key)


def test_a_failed_write_leaves_the_value_that_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path)
    store.write("a", [b"old"])
    for call in ("writev", "fsync", "replace"):
        with monkeypatch.context() as patched:
            patched.setattr(os, call, _failing(errno.EIO))
            with pytest.raises(StoreError, match="reports an error"):
                store.write("a", [b"new"])
        assert store.read("a") == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_a_write_in_small_pieces_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.writev
    monkeypatch.setattr(os, "writev", lambda handle, views: real(handle, [views[0][:2]]))
    store = DirectoryStore(tmp_path)
    store.write("a", [b"abcde", b"f", b"ghi"])
    assert store.read("a") == b"abcdefghi"


def test_nothing_has_its_name_before_its_bytes_are_on_the_disk_nor_a_manifest_before_all_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a loss of power can leave: the calls are recorded, and what they promise is followed."""
    calls: list[tuple[str, str, str]] = []
    paths: dict[int, str] = {}
    real = {name: getattr(os, name) for name in ("open", "fsync", "replace")}

    def opened(path: Any, *args: Any, **kwargs: Any) -> int:
        handle: int = real["open"](path, *args, **kwargs)
        paths[handle] = os.fspath(path)
        return handle

    def synced(handle: int) -> None:
        calls.append(("sync", paths[handle], ""))
        real["fsync"](handle)

    def renamed(source: Any, target: Any) -> None:
        calls.append(("rename", os.fspath(source), os.fspath(target)))
        real["replace"](source, target)

    monkeypatch.setattr(os, "open", opened)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    save(DirectoryStore(tmp_path), {"x": os.urandom(20 << 20), "y": 1})
    on_disk: set[str] = set()
    names_at_risk: set[str] = set()
    for call, path, target in calls:
        if call == "sync":
            on_disk.add(path)
            names_at_risk = {name for name in names_at_risk if str(Path(name).parent) != path}
            continue
        assert path in on_disk, "its bytes first"
        if target.endswith("manifest.json"):
            assert not names_at_risk
            assert {str(tmp_path), str(tmp_path / "chunks")} <= on_disk
        names_at_risk.add(target)
    assert not names_at_risk
    assert str(tmp_path / "checkpoints") in on_disk
    assert sum(call == "rename" for call, _, _ in calls) == len([*(tmp_path / "chunks").iterdir(), "the manifest"])


def test_without_durability_nothing_waits_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", _failing(errno.EIO))
    save(DirectoryStore(tmp_path / "new", create=True, durable=False), {"x": os.urandom(1 << 20)})


def test_what_a_batch_has_not_synced_goes_with_it(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    with store.batch() as batch:
        batch.write("chunks/a", [b"x"])
        assert list(store.list("")) == [], "nobody takes it for a value"
        assert len(list(tmp_path.rglob(".tmp-*"))) == 1
    assert list(tmp_path.rglob(".tmp-*")) == []


def test_a_batch_whose_rename_fails_half_way_leaves_no_temporary_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, count = os.replace, [0]

    def second_fails(source: Any, target: Any) -> None:
        count[0] += 1
        if count[0] == 2:
            raise OSError(errno.EIO, "")
        real(source, target)

    store = DirectoryStore(tmp_path)
    monkeypatch.setattr(os, "replace", second_fails)
    with store.batch() as batch:
        for key in "abc":
            batch.write(f"chunks/{key}", [b"x"])
        with pytest.raises(StoreError, match="reports an error"):
            batch.sync()
    assert [path.name for path in (tmp_path / "chunks").iterdir()] == ["a"]


# --- what is removed --------------------------------------------------------------------------------------------------


def test_what_dead_writers_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.write("chunks/a", [b"x"])
    old, older, new = (f".tmp-{number:016x}" for number in range(3))
    store.write("checkpoints/c/k/manifest.json", [b"x"])
    for name, age in ((f"chunks/{old}", 1000), (f"checkpoints/c/k/{older}", 2000), (f"chunks/{new}", 10)):
        (tmp_path / name).write_bytes(b"half")
        os.utime(tmp_path / name, (time.time() - age,) * 2)
    assert set(store.tidy(500)) == {f"chunks/{old}", f"checkpoints/c/k/{older}"}
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"a", "manifest.json", new}


def test_what_users_keep_in_the_same_folder_is_not_touched(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    save(store, {"x": os.urandom(100_000)})
    theirs = ["notes.txt", "chunks/part-1.csv", "chunks/.tmp-draft", "checkpoints/my model/a/manifest.json", "x/.tmp-1"]
    for name in theirs:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("theirs")
        os.utime(path, (0, 0))
    collect(store, keep=1, grace=-1)
    assert all((tmp_path / name).read_text() == "theirs" for name in theirs)
    assert len(load(store)["x"]) == 100_000


def test_the_folders_of_a_removed_checkpoint_go_but_not_those_of_others(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    for key in ("checkpoints/a/k/manifest.json", "checkpoints/a/l/manifest.json", "checkpoints/b/k/manifest.json"):
        store.write(key, [b"x"])
    store.delete("checkpoints/a/k/manifest.json")
    assert [path.name for path in (tmp_path / "checkpoints" / "a").iterdir()] == ["l"]
    store.delete("checkpoints/a/l/manifest.json")
    assert [path.name for path in (tmp_path / "checkpoints").iterdir()] == ["b"]


def test_what_is_touched_while_it_is_being_removed_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DirectoryStore(tmp_path)
    store.write("chunks/a", [b"x"])
    os.utime(tmp_path / "chunks/a", (0, 0))
    real = os.replace

    def touched_just_before(source: Any, target: Any) -> None:
        monkeypatch.setattr(os, "replace", real)
        assert store.touch("chunks/a") == 1
        real(source, target)

    monkeypatch.setattr(os, "replace", touched_just_before)
    assert store.delete("chunks/a", unless_after=1000) is False
    assert store.read("chunks/a") == b"x"


def test_folders_that_vanish_while_one_writes_are_made_again(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    with store.batch() as batch:
        store.write("chunks/a", [b"x"])
        shutil.rmtree(tmp_path / "chunks")
        batch.write("chunks/b", [b"y"])
        batch.sync()
    assert store.read("chunks/b") == b"y"


# --- what is wrong with a folder --------------------------------------------------------------------------------------


def test_a_file_in_place_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        for create in (False, True):
            with pytest.raises(StoreError, match=r"is a file or lies below one|is a file and not a folder"):
                DirectoryStore(folder, create=create)


def test_a_folder_that_has_vanished_is_not_made_again_behind_the_users_back(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "gone", create=True)
    store.write("chunks/a", [b"x"])
    shutil.rmtree(tmp_path / "gone")
    with pytest.raises(StoreError, match="There is no folder"):
        store.write("chunks/b", [b"x"])
    with store.batch() as batch, pytest.raises(StoreError, match="There is no folder"):
        batch.write("chunks/b", [b"x"])
    with pytest.raises(StoreError, match="There is no folder") as caught:
        store.read("chunks/a")
    assert not isinstance(caught.value, NotInStore)
    with pytest.raises(StoreError, match="There is no folder"):
        list(store.list(""))
    assert not (tmp_path / "gone").exists()


@pytest.fixture
def frozen(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system that can only be read."""
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "tmpfs", str(tmp_path)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"this machine mounts no file system for us: {mounted.stderr.strip()}")
    try:
        DirectoryStore(tmp_path).write("chunks/a", [b"x"])
        subprocess.run(["mount", "-o", "remount,ro", str(tmp_path)], check=True)
        yield tmp_path
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_folder_that_can_only_be_read_is_read_and_not_written(frozen: Path) -> None:
    store = DirectoryStore(frozen)
    assert store.read("chunks/a") == b"x"
    for act in (
        lambda: store.write("chunks/b", [b"x"]),
        lambda: store.touch("chunks/a"),
        lambda: store.delete("chunks/a"),
        lambda: DirectoryStore(frozen / "new", create=True),
    ):
        with pytest.raises(StoreError, match="on a file system that can only be read"):
            act()


@contextmanager
def somebody_else() -> Iterator[None]:
    """Without the rights of root, which may do everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_folder_without_permission_says_so(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.write("chunks/a", [b"x"])
    tmp_path.chmod(0o555)
    (tmp_path / "chunks").chmod(0o555)
    (tmp_path / "chunks" / "a").chmod(0o000)
    with somebody_else():
        with pytest.raises(StoreError, match="may not write in"):
            store.write("chunks/b", [b"x"])
        with pytest.raises(StoreError, match="may not read in"):
            store.read("chunks/a")
        with pytest.raises(StoreError, match="may not remove anything in"):
            store.delete("chunks/a")
    for path in (tmp_path, tmp_path / "chunks"):
        path.chmod(0o700)


def test_a_chunk_of_somebody_else_is_built_upon_though_it_cannot_be_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DirectoryStore(tmp_path)
    store.write("chunks/a", [b"xyz"])
    monkeypatch.setattr(os, "utime", _failing(errno.EPERM))
    assert store.touch("chunks/a") == 3


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_room_is_an_error_of_its_own(tmp_path: Path, number: int) -> None:
    assert isinstance(explain(OSError(number, ""), tmp_path, WRITING), StoreFull)


@pytest.mark.parametrize("number", sorted(errno.errorcode))
def test_whatever_the_system_says_becomes_three_sentences(tmp_path: Path, number: int) -> None:
    for doing in (READING, WRITING):
        with pytest.raises(StoreError) as caught, explained(tmp_path, doing, key="chunks/a"):
            raise OSError(number, os.strerror(number))
        error = caught.value
        assert isinstance(error.__cause__, OSError)
        for sentence in (error.problem, error.state, error.remedy):
            assert sentence[0].isupper() or sentence.startswith(str(tmp_path))
            assert sentence.endswith(".")
            assert "\n" not in sentence


def test_a_file_that_vanishes_is_not_taken_for_the_folder(tmp_path: Path) -> None:
    error = explain(FileNotFoundError(errno.ENOENT, ""), tmp_path, WRITING)
    assert error.problem.startswith("A file vanished in")


def _failing(number: int) -> Any:
    def fail(*args: Any, **kwargs: Any) -> Any:
        del args, kwargs
        raise OSError(number, os.strerror(number))

    return fail
