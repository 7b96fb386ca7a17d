"""Random sessions: small cells that a person might run, with aliases, mistakes and second thoughts.

Each program comes from a seed. The names are few, so that cells meet; what does not fit fails half-way, which is a part
of it. Nothing here depends on time, on addresses, or on the order of what has none.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

IMPORTS = (
    "import collections, contextlib, dataclasses, functools, itertools, os, random\nimport numpy as np\nrandom.seed(7)"
)
_NAMES = "abcde"

_VALUES = (
    "{x} = [{n}]",
    "{x} = [[{n}], {{'k': [{n}]}}]",
    "{x} = {{'k': {y}, 'n': {n}}}",
    "{x} = {{'k': [{n}], 0: {n}}}",
    "{x} = {y}",
    "{x} = [{y}, {z}]",
    "{x} = ({y}, {n})",
    "{x} = {y}[0]",
    "{x} = {y}[1:]",
    "{x} = {n} / 2",
    "{x} = {{1, 2, {n}}}",
    "{x} = bytearray(b'xyz')",
    "{x} = collections.deque([{y}], maxlen=3)",
    "{x} = collections.defaultdict(list, k={y})",
    "{x} = np.arange(6.0)",
    "{x} = np.arange(12).reshape(3, 4)[1:]",
    "{x} = np.empty(2, object)\n{x}[0] = {y}",
    "{x} = bytearray(b'wxyz'); {y} = np.frombuffer({x}, np.uint8)",
    "{x} = {y}.T",
    "{x} = [{y} for _ in range(3)]",
    "{x} = (lambda: None, [])",
    "{x} = _t = [{n}]",
    "{x} = [{n}] * 3; {y} = {x}",
    "{x}, {y} = {y}, {x}",
    "{x} = {y} = []",
)
_CHANGES = (
    "{x}.append({n})",
    "{x}.append({y})",
    "{x}.append({x})",
    "{x}.pop()",
    "{x}[0].append({n})",
    "{x}['k'] = {n}",
    "{x}['k'].append({n})",
    "{x} += [{n}]",
    "{x}[0] = {n}",
    "{x}[0] += {n}",
    "{x}[0] = {y}",
    "{x}.extend({y}[:2])",
    "{x}.update(k={y})",
    "{x}.add({n})",
    "{x}.reverse()",
    "{x}.setdefault('s', []).append({y})",
    "t = {x}[0]\n{y}.append(t)\nt = None",
    "for each in {x}:\n    each.append({n})",
    "with contextlib.suppress(Exception):\n    {x}.append({n})\n    {y}.append({n})",
    "np.add({x}, 1, out={x})",
    "{x}[:] = {x}[::-1]",
)
_FUNCTIONS = (
    "def f(v, held={x}):\n    held.append({n})\n    return v",
    "def f(v):\n    {x}.append({n})\n    return {x}",
    "def g(v):\n    return f({y})",
    "def g(v):\n    global {x}\n    {x} = v\n    return v",
    (
        "def make(held):\n    def inner(v=None):\n        held.append({n})\n        return held\n    return inner\n"
        "{x} = make({y})"
    ),
    (
        "def counter():\n    count = {n}\n    def up():\n        nonlocal count\n"
        "        count += 1\n        return count\n"
        "    def now():\n        return count\n    return up, now\n{x}, {y} = counter()"
    ),
    "{x} = lambda: {y}",
    "{x} = lambda v=None, held=[{n}]: held.append({n}) or len(held)",
    "{x} = functools.partial(f, {y})",
    "{x} = f",
    "f.calls = {y}",
    "{x}.append(f)",
    "@functools.wraps(f)\ndef h(v):\n    {x}.append({n})\n    return f(v)",
    "{x} = {y}.append",
    "{x} = [{y}.append, {y}.pop]",
    "f({x})",
    "{x} = f({y})",
    "g({x})",
    "h({x})",
    "{x}()",
    "{x}({n})",
    "{x} = {y}()",
    "list(map(f, [{x}, {y}]))",
)
_CLASSES = (
    (
        "class C:\n    shared = []\n    def __init__(self, held):\n        self.held = held\n    def grow(self):\n"
        "        self.held.append({n})\n        return self\n    def spread(self):\n        self.shared.append({n})\n"
        "    @property\n    def size(self):\n        return len(self.held)\n    @classmethod\n    def made(cls):\n"
        "        return cls([{n}])"
    ),
    "class D(C):\n    def grow(self):\n        super().grow()\n        {x}.append({n})\n        return self",
    (
        "class S:\n    __slots__ = ('s', '__p')\n    def __init__(self, s):\n        self.s = s\n"
        "        self.__p = {n}\n"
        "    def grow(self):\n        self.s.append(self.__p)"
    ),
    "@dataclasses.dataclass\nclass P:\n    first: object\n    rest: list = dataclasses.field(default_factory=list)",
    "T = collections.namedtuple('T', 'left right')",
    "{x} = C({y})",
    "{x} = D({y})",
    "{x} = C.made()",
    "{x} = S({y})",
    "{x} = P({y})",
    "{x} = T({y}, {z})",
    "{x} = [C([{n}]), C({y})]",
    "{x}.grow()",
    "{x}.spread()",
    "{x}.size",
    "{x}.held",
    "{x}.held = {y}",
    "{x}.extra = {y}",
    "{x}.rest.append({y})",
    "C.shared = {x}",
    "C.shared.append({n})",
    "C.later = lambda self: self.held",
    "{x}.later()",
    "{x} = {y}.grow",
    "isinstance({x}, C)",
    "type({x}) is C",
    "{x} = type({y})",
    "del {x}.held",
)
_ITERATORS = (
    "{x} = (v for v in {y})",
    "{x} = (f(v) for v in {y})",
    "def gen(n):\n    total = {n}\n    while True:\n        total += n\n        yield total",
    "def gen(n):\n    for each in {x}:\n        each.append(n)\n        yield each",
    "{x} = gen({n})",
    "{x} = [gen({n}), {y}]",
    "{x} = iter({y})",
    "{x} = itertools.count({n})",
    "{x} = zip({y}, {z})",
    "{x} = map(len, {y})",
    "next({x})",
    "next({x}); {y}.append({n})",
    "{y} = next({x})",
    "next({x}[0])",
    "{x}.held = gen({n})",
    "{y} = list(itertools.islice({x}, 2))",
    "{x} = enumerate({y})",
)
_CHANCE = (
    "random.random()",
    "{x} = random.sample(range(100), 3)",
    "{x} = np.random.rand(3)",
    "random.seed({n})",
    "np.random.seed({n})",
    "random.shuffle({x})",
    "{x} = random.Random({n})",
    "{x} = np.random.default_rng({n})",
    "{x}.random()",
    "{y} = [random.random() for _ in range(2)]",
    "{y} = random.choice({x})",
)
_OUTPUTS = (
    "{x}",
    "{x}, {y}",
    "_",
    "_.append({n})",
    "{x} = _",
    "__",
    "{x} is {y}",
    "_ is {x}",
    "print({x})",
    "{x} = Out[max(Out)]",
    "len(Out)",
    "{x} = [_, {y}]",
    "for _ in range({n}):\n    pass",
    "[{n}]",
    "C([{n}])",
    "{x};",
    "np.arange(3)",
)
_REST = (
    "del {x}",
    "del {x}, {y}",
    "{x} = {y}\n{z}.append({n})\nraise ValueError({n})\n{z} = 0",
    "{x}.append({n}); {y}['missing-{n}']; {z} = 1",
    "del {x}\n{x} = [{n}]",
    "try:\n    {x}.append({n})\nexcept Exception:\n    {x} = [{n}]",
    "for {x} in range({n}):\n    pass",
    "import math as {x}",
    "exec('{x} = [{n}]')",
    "exec('{x}.append({n})')",
    "globals()['{x}'] = {y}",
    "{x} = 1 if '{y}' in globals() else 2",
    "if '{x}' not in globals():\n    {x} = [{n}]",
    "os.environ['KF_TEST'] = '{n}'",
    "os.environ.get('KF_TEST')",
    "def f(v:\n",
    "import warnings; warnings.simplefilter('ignore', ResourceWarning)",
    "assert {x} == {y}",
    "1/0",
)
_KINDS = (_VALUES, _VALUES, _CHANGES, _CHANGES, _FUNCTIONS, _CLASSES, _ITERATORS, _CHANCE, _OUTPUTS, _REST)


@dataclass(frozen=True)
class Program:
    """Cells, and where the session is saved.

    Args:
        seed: makes it again.
        before: the cells before the save.
        after: those after it.
    """

    seed: int
    before: tuple[str, ...]
    after: tuple[str, ...]

    def __str__(self) -> str:
        def numbered(cells: Sequence[str], start: int) -> str:
            return "\n".join(f"# [{number}]\n{cell}" for number, cell in enumerate(cells, start))

        saved = len(self.before) + 2
        return f"# seed {self.seed}\n{numbered(self.before, 2)}\n# ---- saved ----\n{numbered(self.after, saved + 2)}"


def program(seed: int) -> Program:
    """Make the program of a seed."""
    chance = random.Random(seed)  # noqa: S311 - not a secret
    # Some programs have a favourite topic, so that its cells meet.
    kinds = [*_KINDS, *[chance.choice(_KINDS)] * chance.choice((0, 0, 10))]
    cells = [_VALUES[chance.randrange(4)].format(**_chosen(chance)) for _ in range(2)]
    for _ in range(chance.randint(4, 22)):
        if chance.random() < 0.08:
            cells.append(chance.choice(cells))
        else:
            cells.append(chance.choice(chance.choice(kinds)).format(**_chosen(chance)))
    saved = chance.randint(1, len(cells))
    # What comes last asks the generators: have they come to the same point?
    end = ("random.random()", "float(np.random.rand())", "_")
    return Program(seed, (IMPORTS, *cells[:saved]), (*cells[saved:], *end))


def _chosen(chance: random.Random) -> dict[str, object]:
    return {**{place: chance.choice(_NAMES) for place in "xyz"}, "n": chance.randint(0, 3)}
