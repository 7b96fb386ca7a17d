"""Claims about how configuration is written."""

from __future__ import annotations

from pathlib import Path

from e2e.cluster import files


def test_a_file_that_holds_just_this_is_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "config"
    files.write(path, "same")
    before = path.stat()
    files.write(path, "same")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_a_reader_of_the_old_file_never_sees_a_half_new_one(tmp_path: Path) -> None:
    path = tmp_path / "config"
    files.write(path, "old")
    with path.open() as reader:
        files.write(path, "new and longer")
        assert reader.read() == "old"
    assert path.read_text() == "new and longer"
    assert list(tmp_path.iterdir()) == [path]


def test_a_private_file_is_its_owners_alone(tmp_path: Path) -> None:
    files.write(tmp_path / "secret", b"x", private=True)
    assert (tmp_path / "secret").stat().st_mode & 0o077 == 0
