"""A checkpoint that is not as it was written: one clear sentence, and the session is as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from kernelferry.api import seals
from tests.faults.conftest import Start
from tests.faults.kernels import Kernel, Ran

pytestmark = pytest.mark.slow
MAKE = (
    "import os, random, numpy as np\nrandom.seed(1)",
    "big = os.urandom(9 << 20); array = np.arange(300_000); shared = [1]; good = {'shared': shared}",
    "def f():\n    return shared",
    "class C:\n    pass\nc = C(); c.held = shared",
)
STATE = (
    "(sorted(k for k in globals() if k[0] != '_'), mine, __import__('os').getcwd(), __import__('sys').path, "
    "__import__('zlib').crc32(repr(__import__('random').getstate()).encode()), dict(__import__('os').environ), "
    "__import__('warnings').filters, get_ipython().execution_count, len(In), sorted(Out))"
)


@pytest.fixture
def saved(start: Start, store: Path) -> Path:
    """A folder with a checkpoint."""
    kernel = start()
    kernel.works(*MAKE, f"%ferry save {store} --json")
    kernel.kill()
    return store


def refused(ran: Ran) -> str:
    """Check that a cell has failed with one of our sentences, and nothing else; return it."""
    lines = ran.error.strip().splitlines()
    assert len(lines) == 1, ran.error
    assert lines[0].startswith("FerryError: ")
    assert "Traceback" not in ran.text
    return lines[0]


def chunks(store: Path) -> list[Path]:
    found = [path for path in (store / "chunks").rglob("*") if path.is_file()]
    return sorted(found, key=lambda path: path.stat().st_size)


def manifest(store: Path) -> Path:
    (found,) = store.glob("checkpoints/*/*/manifest.json")
    return found


def alter_largest(store: Path) -> None:
    path = chunks(store)[-1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def alter_smallest(store: Path) -> None:
    path = chunks(store)[0]
    path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:])


def cut_short(store: Path) -> None:
    path = chunks(store)[-1]
    path.write_bytes(path.read_bytes()[:-1000])


def empty(store: Path) -> None:
    chunks(store)[-1].write_bytes(b"")


def all_missing(store: Path) -> None:
    shutil.rmtree(store / "chunks")


def cut_manifest(store: Path) -> None:
    manifest(store).write_bytes(manifest(store).read_bytes()[:-500])


def alter_manifest(store: Path) -> None:
    manifest(store).write_bytes(manifest(store).read_bytes().replace(b'"stored"', b'"stolen"', 1))


def empty_manifest(store: Path) -> None:
    manifest(store).write_bytes(b"")


def binary_manifest(store: Path) -> None:
    manifest(store).write_bytes(os.urandom(1000))


def newer(store: Path) -> None:
    data, _ = seals.unseal(manifest(store).read_bytes())
    text = json.dumps({**{key: value for key, value in data.items() if key != "digest"}, "schema": "99.0"})
    manifest(store).write_text(seals.seal(text)[0], encoding="utf-8")


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "an altered byte": (alter_largest, "altered or cut short"),
    "an altered byte in the smallest chunk": (alter_smallest, ""),
    "a chunk cut short": (cut_short, ""),
    "an empty chunk": (empty, ""),
    "a missing chunk": (lambda store: chunks(store)[-1].unlink(), ""),
    "no chunk at all": (all_missing, ""),
    "a manifest cut short": (cut_manifest, "manifest"),
    "an altered manifest": (alter_manifest, "manifest"),
    "an empty manifest": (empty_manifest, "manifest"),
    "a manifest of noise": (binary_manifest, "manifest"),
    "a newer schema": (newer, "99.0"),
    "no manifest": (lambda store: manifest(store).unlink(), "no complete checkpoint"),
}


@pytest.fixture
def target(start: Start) -> Kernel:
    """A kernel with a session of its own."""
    kernel = start()
    kernel.works("mine = [1]", "import random; random.seed(5)", "mine")
    return kernel


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_said_in_one_sentence_and_changes_nothing(saved: Path, target: Kernel, what: str) -> None:
    damage, says = DAMAGE[what]
    damage(saved)
    before = target.works(STATE).text
    said = refused(target.run(f"%ferry load {saved}"))
    assert says in said
    after = target.works(STATE).text
    # Two cells and one output more than before.
    assert unnumbered(after) == unnumbered(before)
    assert target.works("mine").count == 8


def unnumbered(state: str) -> str:
    return state[: state.rindex("]", 0, state.rindex("]"))].rpartition("],")[0]


@pytest.mark.parametrize("name", ["nowhere", "a-file", "other-files", "", "https://host/x"])
def test_what_is_no_checkpoint_is_refused(target: Kernel, tmp_path: Path, name: str) -> None:
    (tmp_path / "a-file").write_text("no checkpoint", encoding="utf-8")
    (tmp_path / "other-files").mkdir()
    (tmp_path / "other-files" / "notebook.ipynb").write_text("{}", encoding="utf-8")
    place = name if "://" in name else tmp_path / name if name else "''"
    before = target.works(STATE).text
    refused(target.run(f"%ferry load {place}"))
    assert unnumbered(target.works(STATE).text) == unnumbered(before)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "line",
    ["", "save", "load", "save a b", "fly", "save --fast", "save {store} --deadline soon", "save {store} --deadline",
     "save {store} --replay often", "load {store} --checkpoint none", "save 'unclosed", "plan {store}", "report",
     "save {store} --deadline -1"],
)  # fmt: skip
def test_a_line_that_makes_no_sense_is_refused_in_a_sentence(kernel: Kernel, store: Path, line: str) -> None:
    ran = kernel.run(f"%ferry {line.format(store=store)}")
    if line:
        assert ran.error.startswith("FerryError: ")
    assert "Traceback" not in ran.error
    assert not store.exists()


def test_names_that_are_there_already_are_not_replaced_unless_asked(saved: Path, target: Kernel) -> None:
    target.works("good = 'mine'", "shared = 'mine'")
    before = target.works(STATE).text
    said = refused(target.run(f"%ferry load {saved}"))
    assert "good, shared" in said
    assert "--replace" in said
    assert unnumbered(target.works(STATE).text) == unnumbered(before)
    assert target.works("good, shared, 'big' in globals()").text == "('mine', 'mine', False)\n"
    target.works(f"%ferry load {saved} --replace --json")
    assert target.works("good['shared'] is shared is c.held, mine").text == "(True, [1])\n"


def test_a_component_that_is_damaged_takes_the_names_of_no_other(saved: Path, start: Start) -> None:
    """Either nothing is loaded, or all but what is damaged; here the first, since the digests do not match."""
    alter_largest(saved)
    kernel = start()
    refused(kernel.run(f"%ferry load {saved}"))
    assert (
        kernel.works("sorted(k for k in globals() if k in {'big', 'array', 'shared', 'good', 'f', 'C', 'c'})").text
        == "[]\n"
    )
    again = start()
    again.works(*MAKE, f"%ferry save {saved} --json")
    assert again.works("len(big)").text == "9437184\n"


# --- places that do not do what they are asked ------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this machine mounts no file system for us: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.parametrize("how", ["", "--no-fork"])
def test_a_full_disk_is_said_and_costs_nothing(start: Start, small_disk: Path, how: str) -> None:
    kernel = start()
    kernel.works(
        "import os", "small = [1]; shared = [small]", f"%ferry save {small_disk} --json", "big = os.urandom(20 << 20)"
    )
    free = os.statvfs(small_disk).f_bfree
    assert "no room left" in refused(kernel.run(f"%ferry save {small_disk} {how}"))
    assert kernel.children() == []
    assert os.statvfs(small_disk).f_bfree == free, "what was half written has gone"
    assert kernel.works("len(big), shared[0] is small").text == "(20971520, True)\n"
    other = start()
    assert other.works(f"%ferry load {small_disk} --json").outcomes["shared"] == "stored"
    kernel.works("del big", f"%ferry save {small_disk} --json")


@pytest.mark.parametrize("how", ["", "--no-fork"])
def test_a_place_that_cannot_be_written_is_said(kernel: Kernel, tmp_path: Path, how: str) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        pytest.skip(f"this machine mounts no file system for us: {done.stderr.strip()}")
    try:
        kernel.works("x = [1]")
        assert "can only be read" in refused(kernel.run(f"%ferry save {disk} {how}"))
        assert "can only be read" in refused(kernel.run(f"%ferry save {disk / 'below'} {how}"))
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)
    (tmp_path / "file").write_text("", encoding="utf-8")
    refused(kernel.run(f"%ferry save {tmp_path / 'file'} {how}"))
    assert kernel.children() == []
    assert kernel.works("x").text == "[1]\n"


# --- other kernels ----------------------------------------------------------------------------------------------------


def test_what_needs_a_package_that_is_not_here_is_skipped_and_says_so(
    start: Start, store: Path, tmp_path: Path
) -> None:
    package = tmp_path / "packages"
    package.mkdir()
    (package / "rare_one.py").write_text("class Rare:\n    pass\n\ndef rare():\n    return 1\n", encoding="utf-8")
    kernel = start(paths=(package,))
    kernel.works(
        "import rare_one",
        "shared = [1]; odd = [rare_one.Rare(), shared]; good = {'shared': shared}; other = [2]",
        "f = rare_one.rare",
        "class D(rare_one.Rare):\n    pass\nd = D()",
        "def uses():\n    return rare_one.rare()",
        f"%ferry save {store} --json --replay never",
    )
    shutil.rmtree(package)
    target = start()
    loaded = target.run(f"%ferry load {store} --json --replay never")
    outcomes = loaded.outcomes
    assert {name for name in outcomes if outcomes[name] == "skipped"} >= {"odd", "f", "d", "D", "rare_one"}
    for name in ("odd", "f", "d", "rare_one"):
        assert "rare_one" in loaded.reason(name), name
    assert outcomes["other"] == outcomes["uses"] == "stored"
    assert target.works("other, 'odd' in globals()").text == "([2], False)\n"
    assert "rare_one" in target.run("uses()").error


def test_a_kernel_restores_what_its_environment_names_before_it_answers(
    saved: Path, start: Start, tmp_path: Path
) -> None:
    environment = with_extension(tmp_path) | {"KERNELFERRY_RESTORE": str(saved)}
    kernel = start(environment=environment, extension=False)
    first = kernel.works("good['shared'] is shared is f() is c.held, len(big)")
    assert first.text == "(True, 9437184)\n"
    assert first.count == len(MAKE) + 3, "the extension, the cells, and the save have gone before"
    assert "KERNELFERRY_RESTORE" not in kernel.ask("list(__import__('os').environ)")


def test_a_kernel_that_cannot_be_restored_starts_all_the_same(start: Start, tmp_path: Path) -> None:
    environment = with_extension(tmp_path) | {"KERNELFERRY_RESTORE": str(tmp_path / "none")}
    assert start(environment=environment, extension=False).works("1 + 1").count == 1


def test_a_kernel_that_cannot_be_restored_says_so_in_its_log(start: Start, tmp_path: Path) -> None:
    environment = with_extension(tmp_path) | {"KERNELFERRY_RESTORE": str(tmp_path / "none")}
    assert "There is no" in start(environment=environment, extension=False).log()


def with_extension(folder: Path) -> dict[str, str]:
    """The environment of a kernel whose settings load the extension at its start."""
    profile = folder / "ipython" / "profile_default"
    profile.mkdir(parents=True)
    settings = "c.InteractiveShellApp.extensions = ['kernelferry']\n"
    (profile / "ipython_kernel_config.py").write_text(settings, encoding="utf-8")
    return {"IPYTHONDIR": str(profile.parent)}


def test_the_report_of_a_load_is_the_last(saved: Path, start: Start) -> None:
    kernel = start()
    kernel.works(f"%ferry load {saved}")
    assert json.loads(kernel.works("%ferry report --json").text)["variables"]["good"]["outcome"] == "stored"
