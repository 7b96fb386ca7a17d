"""Run a piece of code, write its namespace, and go on in a fresh process."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

_SAVE = """
import pickle, sys
from kernelferry.objects.definitions import Registry
from kernelferry.objects.dumping import Root
from kernelferry.objects.grouping import dump_grouped
from kernelferry.objects.loading import dump_skeletons
from kernelferry.objects.pickling import Session
import __main__
source, target = sys.argv[1:]
space = __main__.__dict__
before = {*space, 'before', 'text'}
with open(source) as text:
    text = text.read()
exec(compile(text, '<cell>', 'exec'), space)
del text
variables = {name: space[name] for name in space if name not in before and not name.startswith('__')}
session = Session(Registry(space))
grouped = dump_grouped([Root(f'={name}', value) for name, value in variables.items()], session)
parts = {
    str(number): (bytes(each.stream), [bytearray(buffer.raw()) for buffer in each.buffers], each.marks)
    for number, each in enumerate(grouped.components)
}
names = [[root[1:] for root in tie if root.startswith('=')] for tie in grouped.ties]
failures = {key: f'{type(exc).__name__}: {exc}' for key, exc in grouped.failures.items()}
with open(target, 'wb') as file:
    pickle.dump((dump_skeletons(session), parts, names, failures), file)
"""

_LOAD = """
import io, pickle, sys
from kernelferry.objects.loading import Loader, Stored
import __main__
source, target = sys.argv[1:]
with open(target, 'rb') as file:
    skeletons, parts, _, _ = pickle.load(file)
space = __main__.__dict__
stored = {key: Stored(part[2], lambda part=part: (io.BytesIO(part[0]), part[1])) for key, part in parts.items()}
loader = Loader(space, skeletons, stored)
for key in parts:
    space.update(loader.load(key))
del loader
text = open(source)
text = (text.read(), text.close())[0]
exec(compile(text, '<check>', 'exec'), space)
"""


def round_trip(folder: Path, cell: str, check: str, *, fails: str = "") -> list[list[str]]:
    """Run a cell in one process, move all its variables to another, and run a check there.

    Returns:
        The names of the variables, component by component. `fails` is what the first failure says.
    """
    target = folder / "state"
    for name, program, code in (("cell", _SAVE, cell), ("check", _LOAD, check)):
        source = folder / name
        source.write_text(textwrap.dedent(code))
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", program, source, target], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{name}: {done.stderr[-3000:]}"
    with target.open("rb") as file:
        _, _, groups, failures = pickle.load(file)  # noqa: S301 - written just above
    assert fails in " ".join(failures.values()) if fails else failures == {}, failures
    found: list[list[str]] = groups
    return found
