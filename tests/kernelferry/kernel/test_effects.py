"""What a cell does besides to names: files, sockets, processes, input, the process itself, random numbers."""

from __future__ import annotations

import os
import pickle
import sys
import types
from pathlib import Path
from typing import Any

import pytest

from kernelferry.kernel.pins import present_pin
from kernelferry.objects.process.aspects import Aspect
from kernelferry.objects.process.plain import is_plain
from kernelferry.objects.process.randomness import NumpyRandom, PythonRandom
from kernelferry.objects.process.references import Objects
from kernelferry.state.effects import Effects
from kernelferry.state.replay import ReplayPolicy, ReplayRules
from tests.kernelferry.kernel.conftest import Session

# Users do not close their files.
pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = tmp_path / "work"
    found.mkdir()
    monkeypatch.chdir(found)
    return found


def effects(session: Session, source: str) -> Effects:
    cell = session.run(source)
    assert cell.success, source
    return cell.effects


def written(session: Session, source: str) -> list[tuple[str, str, bool]]:
    return [(Path(write.path).name, write.how, write.scratch) for write in effects(session, source).files_written]


def test_a_cell_that_computes_has_no_effects(session: Session) -> None:
    assert effects(session, "x = [i for i in range(10)]\nid(x)\nprint(x)\nx") == Effects()


@pytest.mark.parametrize(
    "source",
    [
        "open('in.txt').read()",
        "open(b'in.txt', 'rb').read()",
        "import pathlib; pathlib.Path('in.txt').read_text()",
        "import os; fd = os.open('in.txt', os.O_RDONLY); os.close(fd)",
        "import pandas as pd; pd.read_csv('in.txt')",
        "import numpy as np; np.loadtxt('in.txt')",
        "import threading; t = threading.Thread(target=lambda: open('in.txt').read()); t.start(); t.join()",
        "[open('in.txt').read() for _ in range(50)]",
    ],
)
def test_a_file_that_is_read_is_pinned_once(session: Session, folder: Path, source: str) -> None:
    (folder / "in.txt").write_text("1\n2\n")
    found = effects(session, source)
    assert found.files_read == (present_pin(str(folder / "in.txt")),)
    assert (found.files_unpinned, found.files_written, found.folder) == ((), (), str(folder))


def test_an_absolute_path_needs_no_folder(session: Session, folder: Path) -> None:
    (folder / "in.txt").write_text("1\n")
    assert effects(session, f"open({str(folder / 'in.txt')!r}).read()").folder == ""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("open('f', 'w').close()", [("f", "w", False)]),
        ("open('old', 'a').close()", [("old", "a", False)]),
        ("import pathlib; pathlib.Path('f').write_bytes(b'')", [("f", "w", False)]),
        ("import os; os.close(os.open('f', os.O_WRONLY | os.O_CREAT))", [("f", "written", False)]),
        ("import os; os.remove('old')", [("old", "removed", False)]),
        ("import os; os.rename('old', 'new')", [("old", "renamed", False), ("new", "renamed", False)]),
        ("import os; os.mkdir('d')", [("d", "made", False)]),
        ("import os; os.mkdir('d'); os.rmdir('d')", [("d", "made", True)]),
        ("import os; os.symlink('old', 'link')", [("link", "linked", False)]),
        ("import os; os.link('old', 'link')", [("link", "linked", False)]),
        ("import os; os.truncate('old', 1)", [("old", "truncated", False)]),
        ("import os; os.chmod('old', 0o600)", [("old", "changed the mode of", False)]),
        ("import os; os.utime('old')", [("old", "changed the time of", False)]),
        ("import shutil; shutil.copyfile('old', 'new')", [("new", "w", False)]),
        ("import sqlite3; sqlite3.connect('base').close()", [("base", "opened as a database", False)]),
        ("import sqlite3; sqlite3.connect(':memory:').close()", []),
        ("open('tmp', 'w').close()\nimport os; os.remove('tmp')", [("tmp", "w", True)]),
        ("import tempfile\nwith tempfile.TemporaryFile() as f: f.write(b'1')", []),
        ("%%writefile f\ntext", [("f", "w", False)]),
    ],
)  # fmt: skip
def test_what_is_written_is_named(
    session: Session, folder: Path, source: str, expected: list[tuple[str, str, bool]]
) -> None:
    (folder / "old").write_text("123")
    session.run("import tempfile; tempfile.gettempdir()")
    assert written(session, source) == expected


@pytest.mark.usefixtures("folder")
def test_temporary_files_that_are_gone_again_are_scratch(session: Session) -> None:
    source = (
        "import tempfile, pathlib\nwith tempfile.TemporaryDirectory(dir='.') as d:\n"
        "    p = pathlib.Path(d, 'f'); p.write_text('1'); s = p.read_text()\n"
        "with tempfile.NamedTemporaryFile(dir='.') as f: f.write(b'1')"
    )
    session.run("import tempfile; tempfile.gettempdir()")
    found = effects(session, source)
    assert len(found.files_written) == 3
    assert all(write.scratch for write in found.files_written)
    assert (found.files_read, found.files_unpinned) == ((), ())


@pytest.mark.usefixtures("folder")
def test_what_is_written_and_read_by_one_cell_is_no_pinned_input(session: Session) -> None:
    found = effects(session, "open('f', 'w').write('1')\nopen('f').read()")
    assert [Path(path).name for path in found.files_unpinned] == ["f"]
    assert found.files_read == ()


@pytest.mark.usefixtures("folder")
def test_pipes_and_devices_cannot_be_pinned(session: Session) -> None:
    found = effects(session, "open('/dev/zero', 'rb').read(1)")
    assert found.files_unpinned == ("/dev/zero",)
    assert effects(session, "open('/dev/null').read()") == Effects()


def test_a_file_that_is_not_there_was_looked_for(session: Session, folder: Path) -> None:
    found = effects(session, "try:\n    open('nowhere')\nexcept OSError:\n    pass")
    assert found.files_unpinned == (str(folder / "nowhere"),)


def test_a_folder_is_pinned_by_the_names_in_it(session: Session, folder: Path) -> None:
    (folder / "a").touch()
    found = effects(session, "import os, glob\nos.listdir()\nglob.glob('*')")
    assert found.files_read == (present_pin(str(folder)),)
    (folder / "b").touch()
    assert found.files_read != (present_pin(str(folder)),)


def test_imports_leave_no_trace(session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "mine.py").write_text("x = 1\n")
    monkeypatch.syspath_prepend(str(folder))
    for module in ("mine", "sqlalchemy", "sklearn.datasets", "xml.dom.minidom", "matplotlib.pyplot", "statsmodels.api"):
        sys.modules.pop(module, None)
        session.run(f"try:\n    import {module}\nexcept ImportError:\n    pass")
        assert session.last().effects.files_read == (), module
        assert session.last().effects.files_written == (), module
    sys.modules.pop("mine", None)


def test_data_of_installed_packages_is_no_input(session: Session) -> None:
    assert effects(session, "from sklearn.datasets import load_iris\nd = load_iris()").files_read == ()


def test_what_a_module_of_the_user_reads_is_an_input(
    session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "in.txt").write_text("1")
    (folder / "reader.py").write_text("text = open('in.txt').read()\n")
    monkeypatch.syspath_prepend(str(folder))
    found = effects(session, "import reader")
    assert found.files_read == (present_pin(str(folder / "in.txt")),)
    sys.modules.pop("reader")


def test_a_traceback_reads_no_inputs(session: Session) -> None:
    cell = session.run("import json\njson.loads('{')")
    assert not cell.success
    assert cell.effects == Effects()


def test_libraries_may_ask_what_machine_it_is_and_the_user_s_question_counts(session: Session) -> None:
    assert effects(session, "import platform; platform.freedesktop_os_release() or 0").files_read == ()
    assert len(effects(session, "open('/etc/passwd').read()").files_read) == 1


def test_sockets_are_named_by_their_peer(session: Session) -> None:
    source = (
        "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
        "c = socket.socket(); c.connect(s.getsockname()); c.close(); s.close()"
    )
    found = effects(session, source).sockets
    assert found[0] == "127.0.0.1:0"
    assert found[1].startswith("127.0.0.1:")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import subprocess; subprocess.run(['true', 'x'])", "true x"),
        ("import subprocess; subprocess.run('exit 0', shell=True)", "/bin/sh -c exit 0"),
        ("import os; os.system('true')", "true"),
        ("import os; os.waitpid(os.posix_spawn('/bin/true', ['true'], {}), 0)", "true"),
    ],
)
def test_processes_are_named_by_their_command(session: Session, source: str, expected: str) -> None:
    assert effects(session, source).processes == (expected,)


@pytest.mark.parametrize("source", ["!true", "%%bash\ntrue", "x = !true", "%sx true"])
def test_shell_magics_start_processes(session: Session, source: str) -> None:
    assert session.run(source).effects.processes


def test_input_is_noticed(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", types.SimpleNamespace(readline=lambda: "x\n", fileno=lambda: -1))
    assert effects(session, "input()").stdin


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os; os.chdir('..')", ("cwd",)),
        ("%cd ..", ("cwd",)),
        ("import os; os.environ['KERNEL_FERRY_TEST'] = '1'", ("environ",)),
        ("%env KERNEL_FERRY_TEST=1", ("environ",)),
        ("import sys; sys.path.append('/nowhere')", ("sys.path",)),
        ("import os; os.environ['KERNEL_FERRY_TEST'] = '1'; del os.environ['KERNEL_FERRY_TEST']", ()),
    ],
)
@pytest.mark.usefixtures("folder")
def test_changes_of_the_process_are_named(
    session: Session, monkeypatch: pytest.MonkeyPatch, source: str, expected: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("KERNEL_FERRY_TEST", "0")
    monkeypatch.delenv("KERNEL_FERRY_TEST")
    assert effects(session, source).process_state == expected
    monkeypatch.delenv("KERNEL_FERRY_TEST", raising=False)


def test_signals_to_other_processes_are_noticed(session: Session) -> None:
    assert effects(session, "import os; os.kill(os.getpid(), 0)").other == (f"os.kill {os.getpid()}",)


def restored(session: Session, index: int, name: str) -> None:
    """Set a generator as it was before a cell, the way a load does it."""
    aspects: dict[str, Aspect] = {"random": PythonRandom(), "numpy.random": NumpyRandom()}
    aspect = aspects[name]
    assert aspect.restore(plain(session.tracker.randomness[index][name]), Objects()) == []


def plain(state: bytes) -> Any:
    data = pickle.loads(state)  # noqa: S301 - our own
    assert is_plain(data)
    return data


def test_the_state_before_a_draw_is_kept_and_nothing_else(session: Session) -> None:
    session.run("import random, numpy as np", "random.random(), np.random.rand()")
    session.run("x = random.random()", "z = 1", "y = np.random.rand()")
    kept = {index: set(states) for index, states in session.tracker.randomness.items()}
    assert kept[2] == {"random"}
    assert kept[4] == {"numpy.random"}
    assert not kept.keys() - {0, 1, 2, 4}
    for index, name in ((2, "random"), (4, "numpy.random")):
        cell = session.tracker.history[index]
        assert (cell.effects.randomness, cell.effects.randomness_lost) == ((name,), ())
        drawn = session.shell.user_ns[cell.writes[0]]
        restored(session, index, name)
        assert cell.source is not None
        session.run(cell.source)
        assert session.shell.user_ns[cell.writes[0]] == drawn


class FakeTensor:
    def __init__(self, values: list[int]) -> None:
        self.values = values

    def equal(self, other: FakeTensor) -> bool:
        return self.values == other.values

    def tolist(self) -> list[int]:
        return self.values


def fake_torch(state: list[int]) -> Any:
    cuda = types.SimpleNamespace(is_initialized=lambda: False)
    return types.SimpleNamespace(get_rng_state=lambda: FakeTensor([*state]), cuda=cuda)


def test_torch_is_watched_where_it_is_loaded(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [1]
    monkeypatch.setitem(sys.modules, "torch", fake_torch(drawn))
    session.shell.push({"draw": lambda: drawn.append(2)})
    session.run("1", "draw()")
    state = session.tracker.randomness[len(session.tracker.history) - 1]["torch.random"]
    assert plain(state) == {"cpu": b"\1", "cuda": []}


def test_a_generator_that_a_cell_brings_along_has_no_known_state(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = fake_torch([1])
    session.shell.push({"bring": lambda: monkeypatch.setitem(sys.modules, "torch", torch)})
    found = effects(session, "bring()")
    assert (found.randomness, found.randomness_lost) == (("torch.random",), ("torch.random",))


def test_cells_without_effects_may_be_replayed_and_others_say_why_not(session: Session, folder: Path) -> None:
    rules = ReplayRules(ReplayPolicy.SAFE, present_pin)
    (folder / "in.txt").write_text("1")
    cell = session.run("x = open('in.txt').read()")
    assert rules.refusals(cell) == ()
    (folder / "in.txt").write_text("2")
    assert rules.refusals(cell) == (f"input file {folder / 'in.txt'} has changed since",)
    session.run("1")
    assert rules.refusals(session.run("y = _")) == ("used _, an earlier input or output",)


def test_what_happens_between_cells_is_nobodys(session: Session, folder: Path) -> None:
    session.run("x = 1")
    (folder / "f").write_text("1")
    assert session.run("y = 1").effects == Effects()
