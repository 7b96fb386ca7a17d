"""A pin tells whether a file is what it was."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from kernelferry.kernel import pins
from kernelferry.kernel.pins import present_pin


def test_equal_files_have_equal_pins_and_others_have_not(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"one")
    before = present_pin(str(path))
    assert before is not None
    assert (before.path, before.size, before.mtime_ns) == (str(path), 3, path.stat().st_mtime_ns)
    assert present_pin(str(path)) == before
    path.write_bytes(b"two")
    os.utime(path, ns=(before.mtime_ns, before.mtime_ns))
    assert present_pin(str(path)) != before


def test_large_files_are_sampled_and_the_digest_says_so(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * pins.WHOLE_BYTES)
    whole = present_pin(str(path))
    assert whole is not None
    assert not whole.digest.startswith("sampled-")
    with path.open("ab") as file:
        file.write(b"end")
    before = present_pin(str(path))
    assert before is not None
    assert before.digest.startswith("sampled-")
    for place in (0, pins.WHOLE_BYTES + 2):
        with path.open("r+b") as file:
            file.seek(place)
            file.write(b"?")
        after = present_pin(str(path))
        assert after is not None
        assert after.digest != before.digest
        before = after


def test_what_is_no_file_has_no_pin(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path / "nowhere", Path("/dev/null")):
        assert present_pin(str(path)) is None
    assert present_pin("a\0b") is None


def test_a_folder_s_pin_depends_on_the_names_in_it_alone(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    before = present_pin(str(tmp_path))
    (tmp_path / "b").touch()
    assert present_pin(str(tmp_path)) != before
    (tmp_path / "b").unlink()
    assert present_pin(str(tmp_path)) == before


def test_without_xxhash_the_standard_library_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pins, "_make", None)
    monkeypatch.setitem(sys.modules, "xxhash", None)
    (tmp_path / "f").write_bytes(b"one")
    pin = present_pin(str(tmp_path / "f"))
    assert pin is not None
    assert pin.digest.startswith("b2-")
