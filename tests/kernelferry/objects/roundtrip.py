"""Run a piece of code, write its namespace, and go on in a fresh process."""

from __future__ import annotations

import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

_SAVE = """
import pickle, sys
from kernelferry.objects import components, pickling
from kernelferry.objects.definitions import Registry
import __main__
source, target = sys.argv[1:]
space = __main__.__dict__
before = {*space, 'before'}
exec(compile(open(source).read(), '<cell>', 'exec'), space)
variables = {name: space[name] for name in space if name not in before and not name.startswith('__')}
registry = Registry(space)
grouped = components.group(variables, registry)
parts = {}
for number, (definitions, names) in enumerate(grouped):
    dumped = pickling.dump(definitions, {name: variables[name] for name in names}, registry)
    buffers = [bytearray(buffer.raw()) for buffer in dumped.buffers]
    parts[str(number)] = (dumped.stream, buffers, dumped.roots, definitions)
with open(target, 'wb') as file:
    pickle.dump((pickling.dump_skeletons(registry), parts, [names for _, names in grouped]), file)
"""

_LOAD = """
import pickle, sys
from kernelferry.objects import pickling
import __main__
source, target = sys.argv[1:]
with open(target, 'rb') as file:
    skeletons, parts, _ = pickle.load(file)
space = __main__.__dict__
loader = pickling.Loader(
    space,
    skeletons,
    {key: (lambda p=part: pickling.Pickled(p[0], p[1], p[2], frozenset())) for key, part in parts.items()},
)
for key, part in parts.items():
    loader.place(key, part[3])
for key in parts:
    space.update(loader.load(key))
exec(compile(open(source).read(), '<check>', 'exec'), space)
"""


def round_trip(folder: Path, cell: str, check: str) -> list[list[str]]:
    """Run a cell in one process, move all its variables to another, and run a check there.

    Returns:
        The names of the variables, component by component.
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
        groups: list[list[str]] = pickle.load(file)[2]  # noqa: S301 - written just above
    return groups
