"""Names that a cell has bound before it reads them."""

from __future__ import annotations

import pytest

from kernelferry.state.names import cell_names


@pytest.mark.parametrize(
    "source",
    [
        "x = 1\nx + 1",
        "x, (y, *z) = f()\nx + y + z",
        "import x\nx.y",
        "import x.y\nx.y",
        "from y import z as x\nx()",
        "def x(): pass\nx()",
        "class x: pass\nx()",
        "x: int = 1\nx",
        "x = 1\nx += 1",
        "x = 1\nx.a = 2\nx[0] = 3",
        "x = 1\nif a:\n    x",
        "x = 1\nf = lambda: x\nf()",
        "x = 1\ndel x\nx",
        "with a as x:\n    x",
        "for x in a:\n    x\nelse:\n    x = 1",
        "def f(x):\n    return lambda: x\nx = 1\nx",
        "x = 1\ntry:\n    x\nexcept x:\n    x\nfinally:\n    x",
        "x = 1\nmatch x:\n    case x.a if x:\n        x",
        "x = y = 1\nx",
    ],
)
def test_what_is_bound_first_is_renewed(source: str) -> None:
    names = cell_names(source)
    assert "x" in names.renewed or source.startswith(("with", "for")), names
    assert ("x" in names.renewed) or "x" not in names.certain


@pytest.mark.parametrize(
    "source",
    [
        "x + 1\nx = 1",
        "x = x + 1",
        "x += 1",
        "x[0] = 1\nx = 2",
        "if a:\n    x = 1\nx",
        "try:\n    x = 1\nexcept E:\n    pass\nx",
        "for y in a:\n    x = 1\nx",
        "while a:\n    x = 1\nelse:\n    x",
        "with a:\n    x = 1\nx",
        "def f():\n    return x\nx = 1\nf()",
        "def f(y=x): pass\nx = 1",
        "@x\ndef x(): pass",
        "class C(x): pass\nx = 1",
        "class C:\n    a = x\nx = 1",
        "f = lambda: x\nx = 1",
        "[x for y in a]\nx = 1",
        "del x\nx = 1",
        "a and (x := 1)\nx",
        "f(x := 1)\nx",
        "match a:\n    case x: pass\nx",
        "x: int\nx = 1 if x else 2",
        "def f(x):\n    def g():\n        global x\n        return x\n    return g\nx = 1",
        "with a as y, x as z:\n    pass\nx = 1",
        "assert x\nx = 1",
        "a.query('x > 1')\nx = 1",
    ],
)
def test_what_may_be_read_first_is_not(source: str) -> None:
    assert "x" not in cell_names(source).renewed


@pytest.mark.parametrize(
    ("source", "certain"),
    [
        ("x = 1\nimport y", {"x", "y"}),
        ("if a:\n    x = 1", set()),
        ("x = 1\ndel x", set()),
        ("x = 1\nif a:\n    del x", set()),
        ("x = 1\ntry:\n    pass\nexcept E as x:\n    pass", set()),
        ("with a as x:\n    y = 1", {"x"}),
        ("for x in a: pass", set()),
        ("x += 1", set()),
        ("x: int", set()),
    ],
)
def test_only_what_is_bound_on_every_way_is_certain(source: str, certain: set[str]) -> None:
    assert cell_names(source).certain == certain


def test_what_runs_in_a_magic_may_come_before_the_binding() -> None:
    source = "get_ipython().run_line_magic('time', 'print(x)')\nx = 1"
    assert "x" not in cell_names(source).renewed
