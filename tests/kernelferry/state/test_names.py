"""No name that a cell touches is missing from what is said of the cell beforehand."""

from __future__ import annotations

import asyncio
import inspect
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.state.compiling import parse_and_compile
from kernelferry.state.names import CellNames, cell_names
from kernelferry.state.reach import MISSING, reachable_globals

# What each snippet finds in its session.
SESSION = """
a, b, c, d, n = 1, 2, 3, 4, 0
xs, ys, nested = [1, 2, 3], [4, 5, 6], [[1], [2]]
table = {'k': [1], 'a': {'b': 2}}
text = 'abc'
class Box:
    limit = 10
    def __init__(self, value=1): self.value = value
    def grow(self): return self.value + a
    def __enter__(self): return self
    def __exit__(self, *_): return True
    def __add__(self, other): return b
    def __getattr__(self, name):
        if name == 'magic': return c
        raise AttributeError(name)
    @property
    def prop(self): return d
    @classmethod
    def make(cls): return cls(xs)
    @staticmethod
    def stat(): return ys
box = Box()
def read_a(): return a
def calls_read_a(): return read_a()
def make_counter():
    total = [0]
    def count():
        total.append(b)
        return total
    return count
counter = make_counter()
def set_n():
    global n
    n = 5
def drop_n():
    global n
    del n
def gen():
    yield a
    yield b
def deco(function):
    def inner(*args): return function(*args), c
    return inner
@deco
def decorated(): return d
handlers = {'go': [read_a]}
running = gen()
mapped = map(lambda _: d, xs)
def recursive(k): return recursive(k - 1) if k else a
def with_default(k=lambda: b): return k()
async def coro(): return a
async def agen():
    for x in xs: yield x
"""

SNIPPETS = (
    """
a
x = a
x = y = a
x: int = a
x: a = 1
a += 1
xs[0] += a
xs[0] = a
box.value = a
box.value += a
del a
del xs[0]
del box.value
(x, *rest), z = (xs, a)
[x for x in xs]
[x + a for x in xs if x > b]
[[x + y for x in xs] for y in ys]
{x: a for x in xs}
{a for _ in xs}
list(x + a for x in xs)
[x := a, x + b]
[last := x for x in xs]
any((hit := x) > a for x in xs)
(lambda: a)()
(lambda x=a: x)()
(lambda x: x + b)(a)
f = lambda: a; f()
sorted(xs, key=lambda x: -x * a)
def f(): return a|f()
def f(x=a): return x
def f(*, x=a): return x
def f(x: a) -> b: return x
def f(): return g()|def g(): return a|f()
def f():|    global x|    x = a|f()
def f():|    global a|    a = 7|f()
def f():|    global a|    del a|f()
def f():|    x = 1|    def g():|        nonlocal x|        x = a|    g()|    return x|f()
def f():|    def g(): return a|    return g|f()()
@deco|def f(): return a|f()
@deco|def f(): return a
class K: x = a
class K:|    x = a|    y = x
class K(Box): pass
class K(Box):|    def grow(self): return super().grow()|K().grow()
class K:|    def m(self): return a|K().m()
class K:|    def m(self): return a|K.m(None)
class K:|    @property|    def p(self): return b|K().p
class K:|    [a for _ in xs]
class K:|    def __init_subclass__(cls): cls.z = a|class L(K): pass
class K:|    def __set_name__(self, owner, name): owner.z = a|class L: k = K()
class K:|    global x|    x = a
for i in xs: pass
for i in xs:|    t = i + a|else:|    u = b
for box.value in xs: pass
for xs[0] in ys: pass
while a < 3: a += 1
with box as w: a
with box as (box.value): pass
with box, box as w: b
try:|    a / 0|except ZeroDivisionError as e:|    z = e
try:|    nope|except NameError as e:|    z = b|finally:|    w = c
try:|    1 / 0|except (a, ZeroDivisionError) if a is int else ZeroDivisionError: b
if a: x = b
if not a:|    x = b|else:|    x = c
x = b if a else c
a and b or c
not a
a < b < c
f'{a} {b!r:>{c}} {xs[0]:{d}}'
f"{(lambda: a)()}"
import os
import os.path
import os.path as p
from os import path
from os import path as q, sep
import os.path, json as j
match a:|    case 1: x = b
match xs:|    case [first, *others]: first, others
match table:|    case {'k': [v], **rest}: v, rest
match box:|    case Box(value=1): z = a
match box:|    case Box(value=v) if v == a: z = v
match a:|    case 2 \\| 3: pass|    case other: other
match a:|    case box.limit: pass|    case _: b
print(a, *xs, sep=text, **{})
max(*xs, *ys)
dict(**table)
[*xs, *ys]
{**table, 'z': a}
xs[a:b:c]
xs[a], xs[-1]
table['a']['b']
assert a, b
assert not a, b
raise ValueError(a) from None
x = yield_from = a
read_a()
calls_read_a()
counter()
set_n()
drop_n()
list(gen())
next(running)
next(mapped)
decorated()
handlers['go'][0]()
recursive(3)
with_default()
box.grow()
box + 1
box.magic
box.prop
Box.make()
Box.stat()
g = box.grow; g()
getattr(box, 'gr' + 'ow')()
Box(a).value
[read_a() for _ in xs]
list(map(calls_read_a, []))
list(map(lambda _: read_a(), xs))
import functools|functools.partial(read_a)()
import functools|functools.reduce(lambda x, y: x + y + a, xs)
import functools|@functools.lru_cache|def f(): return a|f()
import operator|operator.methodcaller('grow')(box)
await coro()
x = await coro()
[x async for x in agen()]
async for x in agen(): a
import contextlib|async with contextlib.AsyncExitStack() as s: b
async def f(): return a|await f()
x = (a); (y) = x
global x|x = a
x = a; del x
del (a, b)
del nope
nope
nope.attribute = a
x = nope or a
a.b.c
box.value, (box).limit = a, b
(a, b)[0]
lambda: a
lambda x=a: b
x = [a] * 3; x[0] = b
vars(box)
dir(box)
__name__
print(__doc__)
type(box).__name__
isinstance(a, int)
_ = a
__x = a
ñ = a
\N{MATHEMATICAL BOLD SMALL A}
""".strip()
    .replace("\\|", "\0")
    .splitlines()
)

if sys.version_info >= (3, 11):
    SNIPPETS += ["try:|    raise ExceptionGroup('g', [ValueError()])|except* ValueError as e:|    z = a"]
if sys.version_info >= (3, 12):
    SNIPPETS += ["type T = a|T.__value__", "def f[X: a](x: X) -> b: return c|f(1)|f.__type_params__[0].__bound__",
                 "class K[X]:|    def m(self): return a|K().m()"]  # fmt: skip


@dataclass
class Seen:
    reads: set[str] = field(default_factory=set)
    binds: set[str] = field(default_factory=set)
    deletes: set[str] = field(default_factory=set)


class Traced(dict[str, Any]):
    """A namespace that writes down what is looked up in it; as globals of functions too, since it is no plain dict."""

    seen: Seen | None = None

    def __getitem__(self, name: str) -> Any:
        if self.seen:
            self.seen.reads.add(name)
        return super().__getitem__(name)

    def __setitem__(self, name: str, value: Any) -> None:
        if self.seen:
            self.seen.binds.add(name)
        super().__setitem__(name, value)

    def __delitem__(self, name: str) -> None:
        if self.seen:
            self.seen.deletes.add(name)
        super().__delitem__(name)


def _session() -> Traced:
    namespace = Traced(__name__="__main__", __doc__=None)
    exec(SESSION, namespace)  # noqa: S102 - as a kernel does
    return namespace


def _observe(source: str, namespace: Traced) -> Seen:
    before = dict(namespace)
    namespace.seen = seen = Seen()
    _, code = parse_and_compile(source)
    try:
        if code.co_flags & inspect.CO_COROUTINE:
            asyncio.run(eval(code, namespace))  # noqa: S307 - as a kernel does
        else:
            exec(code, namespace)  # noqa: S102 - likewise
    except Exception:  # noqa: BLE001, S110 - cells may fail
        pass
    namespace.seen = None
    # `global x` in a function passes the trace by.
    seen.binds |= {name for name in namespace if name not in before or namespace[name] is not before[name]}
    seen.deletes |= before.keys() - namespace.keys()
    return seen


def _predict(source: str, namespace: Traced) -> tuple[CellNames, set[str], set[str], set[str]]:
    names = cell_names(source, bound=namespace.keys())
    reach = reachable_globals(
        names.reads, lambda name: dict.get(namespace, name, MISSING), namespace, deferred=names.deferred
    )
    assert reach.opaque == ()
    return names, {*reach.reads}, {*names.binds, *reach.binds}, {*names.deletes, *reach.deletes}


# Whatever the interpreter looks for by itself.
_INTERPRETERS_OWN = {"__builtins__", "__annotations__", "__build_class__", "__conditional_annotations__"}


def _assert_nothing_missed(source: str) -> None:
    namespace = _session()
    names, reads, binds, deletes = _predict(source, namespace)
    seen = _observe(source, namespace)
    if not names.opaque:
        assert seen.reads - _INTERPRETERS_OWN <= reads, source
        assert seen.binds - _INTERPRETERS_OWN <= binds, source
        assert seen.deletes <= deletes, source


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_nothing_is_touched_that_was_not_predicted(snippet: str) -> None:
    source = snippet.replace("|", "\n").replace("\0", "|")
    parse_and_compile(source)  # else the snippet would test nothing
    _assert_nothing_missed(source)


def test_the_trace_sees_what_functions_do() -> None:
    seen = _observe("calls_read_a(); set_n(); x = [d for _ in xs]", _session())
    assert {"calls_read_a", "read_a", "a", "d", "xs"} <= seen.reads
    assert seen.binds == {"n", "x"}


expressions = st.recursive(
    st.sampled_from(["a", "b", "xs", "box", "1", "read_a()", "counter()"]),
    lambda inner: st.one_of(
        st.builds("({} or {})".format, inner, inner),
        st.builds("[{} for v in xs if v != {}]".format, inner, inner),
        st.builds("(lambda a={}: {})()".format, inner, inner),
        st.builds("(w := {})".format, inner),
        st.builds("{{{}: v for v in [{}]}}".format, st.just("0"), inner),
        st.builds("f'{{{}}}'".format, inner.filter(lambda text: "'" not in text and "{" not in text)),
    ),
    max_leaves=4,
)
targets = st.sampled_from(["a", "x", "xs[0]", "box.value", "(x, *b)", "nope"])


def _indented(block: str) -> str:
    return "\n".join("    " + line for line in block.splitlines())


statements = st.recursive(
    st.one_of(
        st.builds("{} = {}".format, targets, expressions),
        st.builds("{} += {}".format, st.sampled_from(["a", "x", "xs[0]", "box.value"]), expressions),
        st.builds("del {}".format, st.sampled_from(["a", "x", "xs[0]", "box.value"])),
        st.builds("{}".format, expressions),
    ),
    lambda block: st.one_of(
        st.builds("{}\n{}".format, block, block),
        st.builds(lambda test, body: f"if {test}:\n{_indented(body)}", expressions, block),
        st.builds(lambda body: f"for i in xs:\n{_indented(body)}", block),
        st.builds(
            lambda body, other: f"try:\n{_indented(body)}\nexcept Exception as e:\n{_indented(other)}", block, block
        ),
        st.builds(lambda body: f"def f(x=a):\n{_indented(body)}\nf()", block),
        st.builds(lambda body: f"def f():\n    global x, a\n{_indented(body)}\nf()", block),
        st.builds(lambda body: f"def read_a():\n{_indented(body)}\ncalls_read_a()", block),
        st.builds(lambda body: f"class K:\n{_indented(body)}\n    def m(self): return d\nK().m()", block),
        st.builds(lambda body: f"class K:\n    def grow(self):\n{_indented(_indented(body))}\nK().grow()", block),
    ),
    max_leaves=5,
)


@given(statements)
def test_nothing_is_touched_that_was_not_predicted_in_random_code(source: str) -> None:
    try:
        compile(source, "cell", "exec")
    except SyntaxError:  # such as a name that is used before it is declared global
        return
    _assert_nothing_missed(source)


OPAQUE = {
    "exec('x = 1')": "exec()",
    "eval('a')": "eval()",
    "run = exec": "exec()",
    "globals()['x'] = 1": "globals()",
    "locals()": "locals()",
    "[locals() for _ in 'a']": "locals()",
    "vars()['x']": "vars()",
    "dir()": "dir()",
    "look = vars": "vars()",
    "from os.path import *": "os.path",
    "import __main__": "__main__",
    "import __main__ as m": "__main__",
    "from __main__ import a": "__main__",
    "import sys; sys.modules['__main__'].x": "__main__",
    "f.__globals__['x'] = 1": "globals",
    "import sys; sys._getframe().f_globals": "frame",
    "import inspect; inspect.currentframe()": "frames",
    "ip = get_ipython()": "get_ipython()",
    "get_ipython().user_ns['x'] = 1": "shell",
    "get_ipython().run_line_magic('run', 'script.py')": "%run",
    "get_ipython().run_line_magic('nonsense', '')": "%nonsense",
    "get_ipython().run_cell_magic('cython', '', 'x')": "%%cython",
    "get_ipython().run_line_magic(name, '')": "magic",
    "get_ipython().system('echo {eval(x)}')": "eval()",
    "get_ipython().reset()": "get_ipython()",
    "breakpoint()": "debugger",
    "df.query(condition)": "query()",
    "df.eval(a + ' > 1')": "eval()",
    "def f(): exec('x')\nf()": "exec()",
    "for for": "not Python",
    "(" * 5000: "not Python",
}


@pytest.mark.parametrize("source", OPAQUE, ids=range(len(OPAQUE)))
def test_what_can_reach_every_name_is_opaque_and_says_why(source: str) -> None:
    reasons = cell_names(source).opaque
    assert any(OPAQUE[source] in reason for reason in reasons), reasons


@pytest.mark.parametrize(
    "source",
    [
        "if __name__ == '__main__': main()",
        "if '__main__' == __name__: main()",
        "vars(box), dir(box)",
        "def f(): return locals()\nf()",
        "df.query('a > @limit')",
        "df.query(f'a > {limit}')",
        "df.query('a > 1 and ' 'b' + ' < 2')",
        "model.eval()",
        "model.evaluate(x, y)",
        "import subprocess; subprocess.run(command)",
        "get_ipython().system('ls')",
        "def f(): exec('x')",
        "class K:\n    def f(self): return globals()",
    ],
)
def test_what_only_looks_like_it_is_not_opaque(source: str) -> None:
    assert cell_names(source).opaque == ()


def test_the_users_own_vars_is_not_the_builtin() -> None:
    assert cell_names("vars[0], dir, eval", bound={"vars", "dir", "eval"}).opaque == ()
    assert cell_names("get_ipython()", bound={"get_ipython"}).opaque != ()


def test_identifiers_in_evaluated_text_count_as_read() -> None:
    assert {"df", "price", "limit"} <= cell_names("df.query('price > @limit')").reads
    assert {"model", "y", "np", "x"} <= cell_names("model = smf.ols('y ~ np.log(x)', data=df)").reads | {"model"}


def test_a_deletion_depends_on_what_it_deletes() -> None:
    assert "x" in cell_names("del x").reads


def test_a_function_that_is_only_defined_reads_nothing_yet() -> None:
    names = cell_names("def f(): return a\ndef g(): return f()\nclass K:\n    def m(self): return b")
    assert {"a", "b", "f"}.isdisjoint(names.reads)
    assert names.binds == {"f", "g", "K"}
    assert {name: "a" in deferred.reads for name, deferred in names.deferred.items()} == {
        "f": True,
        "g": False,
        "K": False,
    }


@pytest.mark.parametrize(
    "source",
    [
        "@register\ndef f(): return a",
        "class K(Base):\n    def m(self): return a",
        "class K(metaclass=M):\n    def m(self): return a",
        "class K:\n    def m(self): return a\n    x = m(0)",
        "@dataclass\nclass K:\n    def m(self): return a",
        "def property(f): f()\nclass K:\n    @property\n    def m(self): return a",
    ],
)
def test_a_function_that_may_be_called_on_its_way_counts_at_once(source: str) -> None:
    assert "a" in cell_names(source).reads


def test_a_body_counts_when_a_function_of_another_cell_calls_it() -> None:
    namespace = _session()
    names = cell_names("def read_a(): return d\ncalls_read_a()")
    assert "d" not in names.reads
    _, reads, _, _ = _predict("def read_a(): return d\ncalls_read_a()", namespace)
    assert "d" in reads


@pytest.mark.parametrize(
    ("source", "mutated"),
    [
        ("x.a = 1", "x"),
        ("x[0] = 1", "x"),
        ("x.a[0].b += 1", "x"),
        ("del x[0]", "x"),
        ("x += 1", "x"),
        ("np.foo = f", "np"),
        ("for x.a in y: pass", "x"),
        ("with f() as x[0]: pass", "x"),
        ("def f():\n    x[0] = 1", "x"),
    ],
)
def test_a_change_in_place_is_seen(source: str, mutated: str) -> None:
    assert cell_names(source).mutates == {mutated}


def test_a_local_name_is_not_changed_for_others() -> None:
    assert cell_names("def f():\n    x = []\n    x[0] = 1\nf()").mutates == frozenset()


@pytest.mark.parametrize(
    "source",
    [
        "pd.DataFrame.shout = f",
        "table['k'] = f",
        "button.on_click(f)",
        "atexit.register(f)",
        "setattr(pd, 'x', f)",
        "signal.signal(2, lambda *_: f())",
        "@app.callback\ndef f(): pass",
        "threading.Thread(target=f).start()",
    ],
)
def test_what_is_handed_over_to_be_called_later_is_named(source: str) -> None:
    assert "f" in cell_names(source).hooks


MAGICS = {
    "get_ipython().run_cell_magic('time', '', 'y = x + 1\\n')": ("x", "y"),
    "get_ipython().run_cell_magic('capture', 'out --no-stdout', 'y = x\\n')": ("x", "out y"),
    "get_ipython().run_cell_magic('timeit', '-n 10 -r3 s = x', 'y = s\\n')": ("x", ""),
    "get_ipython().run_cell_magic('prun', '-s time', 'y = x')": ("x", "y"),
    "get_ipython().run_line_magic('time', 'y = f(x)')": ("f x", "y"),
    "z = get_ipython().run_line_magic('timeit', '-o -n 3 f(x)')": ("f x", "z"),
    "get_ipython().run_line_magic('matplotlib', 'inline')": ("", ""),
    "get_ipython().run_line_magic('cd', '$folder')": ("folder", ""),
    "get_ipython().run_line_magic('load_ext', 'kernelferry')": ("", ""),
    "get_ipython().run_line_magic('pinfo', 'f')": ("f", ""),
    "x = get_ipython().getoutput('ls {folder}/$name')": ("folder name", "x"),
    "get_ipython().system('cat {paths[0]}')": ("paths", ""),
    "get_ipython().run_cell_magic('bash', '--out lines --err errors', 'ls')": ("", "lines errors"),
    "def f():\n    get_ipython().system('ls $x')": ("x", "f"),
    "get_ipython().run_cell_magic('time', '', 'def f(): return x\\n')": ("", "f"),
    "get_ipython().set_next_input('x')": ("", ""),
    "get_ipython().run_cell_magic('time', '', \"get_ipython().system('ls $x')\\n\")": ("x", ""),
}


@pytest.mark.parametrize("source", MAGICS, ids=range(len(MAGICS)))
def test_known_magics_are_understood(source: str) -> None:
    reads, binds = (set(names.split()) for names in MAGICS[source])
    names = cell_names(source)
    assert names.opaque == ()
    assert reads <= names.reads
    assert names.binds == binds
    assert names.magics


def test_code_inside_magics_is_transformed_as_the_caller_says() -> None:
    def transform(source: str) -> str:
        return source.replace("%cd data", "get_ipython().run_line_magic('cd', 'data')")

    names = cell_names("get_ipython().run_cell_magic('time', '', '%cd data\\n')", transform=transform)
    assert names.magics == ("%%time", "%cd")


def _warnings_of(source: str) -> Iterator[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        cell_names(source)
    yield from caught


def test_looking_at_a_cell_shows_no_warning_and_leaves_the_filters_alone() -> None:
    before = list(warnings.filters)
    assert list(_warnings_of("x is 1")) == []
    assert list(_warnings_of("'\\d'")) == []
    assert list(warnings.filters) == before
