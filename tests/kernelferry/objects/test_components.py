"""Claims about which variables belong together, and that what they share is shared afterwards."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

_spec = importlib.util.spec_from_file_location("roundtrip", Path(__file__).with_name("roundtrip.py"))
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_module)
round_trip = _module.round_trip

# claim → cell, check, the variables that must be in one component (one string a component; the others stand alone)
CASES = {
    "an alias is one object": ("a = [1]\nb = a", "assert a is b", ["a b"]),
    "a shared element ties its containers": (
        "x = {}\na, b = [x], {'k': x}\nother = [1]",
        "assert a[0] is b['k'] is x",
        ["x a b", "other"],
    ),
    "a cycle is a cycle": ("a = []\na.append(a)", "assert a[0] is a", ["a"]),
    "classes, functions, modules and interned values tie nobody": (
        (
            "import json\nclass A: pass\ndef f(): return 1\n"
            "a, b = [A, f, json, 1, 'x'], [A, f, json, 1, 'x']\nc, d = A(), A()"
        ),
        "assert a == b and type(c) is type(d) is A is a[0]",
        ["json", "A", "f", "a", "b", "c", "d"],
    ),
    "what a closure or a default holds ties it": (
        "x = []\ndef f(q=x): return q\ndef g():\n    return x2\nx2 = []\ndef make():\n    return lambda: x\nh = make()",
        "assert f() is x and g() is x2",
        ["x", "f", "g", "x2", "make", "h"],
    ),
    "an attribute of a class may tie it to a variable": (
        "log = []\nclass A:\n    entries = log\na = A()",
        "assert A.entries is a.entries is log",
        ["log", "A", "a"],
    ),
    "views share memory with their base": (
        "import numpy as np\na = np.arange(20000.0)\nb = a[5:]\nc = b.reshape(-1, 5)\nd = np.ones(20000)",
        "a[7] = -1\nassert b[2] == c[0, 2] == -1 and np.shares_memory(a, c) and d.sum() == 20000\nd[0] = 5",
        ["np", "a b c", "d"],
    ),
    "views share memory though nobody else holds their base": (
        "import numpy as np\nbase = np.arange(40000.0)\na, b = base[::2], base[1:]\ndel base",
        "b[1] = -9\nassert a[1] == -9 and a[2] == 4",
        ["np", "a b"],
    ),
    "a view alone takes only what it shows": (
        "import numpy as np\na = np.zeros(10_000_000)[:10]",
        "assert a.tolist() == [0.0] * 10\na[0] = 1",
        ["np", "a"],
    ),
    "objects in an array tie it": (
        "import numpy as np\nx = []\na = np.array([x, None], dtype=object)",
        "assert a[0] is x",
        ["np", "x a"],
    ),
    "frames that have nothing to do with each other stand alone": (
        (
            "import pandas as pd\none = pd.DataFrame({'a': [1], 's': ['x'], 'c': pd.Categorical(['k'])})\n"
            "two = pd.DataFrame({'a': [2.5], 's': ['y'], 't': pd.to_datetime(['2020-01-01'])})"
        ),
        "assert one.a[0] == 1 and two.s[0] == 'y'",
        ["pd", "one", "two"],
    ),
    "frames that came from each other are tied by what they share": (
        (
            "import pandas as pd\ndf = pd.DataFrame({'a': range(9), 's': list('abcdefghi')})\n"
            "same = df.copy()\npart = df[['a']]"
        ),
        "same.loc[0, 'a'] = 100\nassert df.a[0] == 0 == part.a[0] and same.s.tolist() == list('abcdefghi')",
        ["pd", "df same part"],
    ),
}


@pytest.mark.parametrize("claim", CASES)
def test_together(claim: str, tmp_path: Path) -> None:
    cell, check, expected = CASES[claim]
    groups = round_trip(tmp_path, cell, check)
    held = {frozenset(group) for group in groups if group}
    assert held == {frozenset(group.split()) for group in expected}
