"""Claims about options, random numbers and figures of libraries."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import kernelferry

_spec = importlib.util.spec_from_file_location("process_pair", Path(__file__).with_name("pair.py"))
assert _spec is not None
assert _spec.loader is not None
_pair = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_pair)

CLAIMS = {
    "numpy prints, and treats errors, as it was told": (
        """
        import numpy as np
        np.set_printoptions(precision=2, suppress=True, formatter={'float': lambda x: f'<{x:.1f}>'}, legacy='1.25')
        np.seterr(divide='raise', under='print')
        """,
        """
        import numpy as np
        assert str(np.array([1.234])) == '[<1.2>]' and repr(np.float64(2)) == '2.0'
        assert np.get_printoptions()['suppress']
        assert (np.geterr()['divide'], np.geterr()['under']) == ('raise', 'print')
        """,
    ),
    "numpy's global random numbers go on": (
        """
        np.random.seed(5); np.random.randn(3)
        state = np.random.get_state()
        expected = np.random.randn(), np.random.rand()
        np.random.set_state(state)
        """,
        "assert (np.random.randn(), np.random.rand()) == expected",
    ),
    "pandas has all its options, a function among them": (
        """
        import pandas as pd
        pd.set_option('display.max_rows', 7)
        pd.options.display.float_format = '{:,.1f}'.format
        pd.set_option('display.precision', 3)
        pd.options.plotting.backend = 'matplotlib'
        """,
        """
        import pandas as pd
        assert pd.get_option('display.max_rows') == 7 and pd.options.display.precision == 3
        assert pd.options.display.float_format(1234.56) == '1,234.6'
        """,
    ),
    "matplotlib's settings are those of a style, of rcParams, and of a list changed in place": (
        """
        import matplotlib.pyplot as plt
        plt.style.use('ggplot')
        plt.rcParams['figure.figsize'] = (12, 5)
        plt.rcParams['font.sans-serif'].insert(0, 'Mine')
        plt.rc('lines', linewidth=3.5)
        """,
        """
        import matplotlib.pyplot as plt
        assert list(plt.rcParams['figure.figsize']) == [12, 5] and plt.rcParams['font.sans-serif'][0] == 'Mine'
        assert plt.rcParams['lines.linewidth'] == 3.5 and plt.rcParams['axes.facecolor'] == '#E5E5E5'
        assert plt.rcParams['axes.prop_cycle'].by_key()['color'][0] == '#E24A33'
        """,
    ),
    "the backend is the one that was used": (
        "import matplotlib\nmatplotlib.use('svg')",
        "import matplotlib\nassert matplotlib.get_backend().lower() == 'svg'",
    ),
    "path effects, which are objects, are there": (
        (
            "from matplotlib import patheffects\n"
            "plt.rcParams['path.effects'] = [patheffects.withStroke(linewidth=4, foreground='w')]"
        ),
        "assert [type(each).__name__ for each in plt.rcParams['path.effects']] == ['withStroke']",
    ),
    "figures are open under their numbers, and the current one is current": (
        """
        figure, axes = plt.subplots(num=4)
        plt.figure(9); plt.title('nobody has me')
        plt.figure(2)
        plt.figure(4); axes.plot([1, 2])
        """,
        """
        assert plt.get_fignums() == [2, 4, 9] and plt.gcf() is figure and plt.gca() is axes
        assert plt.figure(9).axes[0].get_title() == 'nobody has me'
        """,
    ),
    "scikit-learn is configured": (
        "import sklearn\nsklearn.set_config(transform_output='pandas', display='text')",
        "import sklearn\nassert sklearn.get_config()['transform_output'] == 'pandas'",
    ),
    "polars prints as it was told": (
        "import polars as pl\npl.Config.set_tbl_rows(3)\npl.Config.set_fmt_float('full')",
        (
            "import polars as pl\nstate = pl.Config.state()\n"
            "assert state['POLARS_FMT_MAX_ROWS'] == '3' and state['set_fmt_float'] == 'full'"
        ),
    ),
}


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return _pair.move(tmp_path_factory.mktemp("libraries"), CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS)
def test_that(moved: Any, claim: str) -> None:
    if moved.failures[claim]:
        pytest.fail(moved.failures[claim], pytrace=False)


def test_everything_is_stored(moved: Any) -> None:
    assert {name: each for name, each in moved.outcomes.items() if each[0] != "stored"} == {}


def test_a_library_that_is_not_loaded_is_no_aspect_and_is_not_loaded(tmp_path: Path) -> None:
    check = "import sys\nassert not {'numpy', 'pandas', 'matplotlib', 'sklearn', 'polars', 'torch'} & set(sys.modules)"
    moved = _pair.move(tmp_path, {"it": (check, check)})
    assert moved.failures == {"it": ""}
    assert not {"numpy", "pandas", "matplotlib", "figures", "numpy.random", "torch"} & set(moved.outcomes)


def test_importing_it_and_taking_baselines_loads_the_standard_library_alone() -> None:
    program = """
import sys
before = set(sys.modules)
from kernelferry.objects import process
process.baselines()
loaded = {name.partition(".")[0] for name in set(sys.modules) - before}
assert loaded <= {*sys.stdlib_module_names, "kernelferry"}, loaded
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(kernelferry.__file__).parents[1])}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, timeout=60)
