"""Names for things that a library or the interpreter has only one of: they are those of the new kernel."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

CASES = (
    Case(
        "functions taken from random draw from the one global generator",
        make=r"""
        import random
        from random import gauss, randint, random as draw, shuffle
        random_instance = random._inst
        """,
        check=r"""
        random.seed(11)
        by_module = random.random(), random.randint(1, 10**9), random.gauss(0, 1)
        random.seed(11)
        assert (draw(), randint(1, 10**9), gauss(0, 1)) == by_module and shuffle.__self__ is random._inst
        assert random_instance is random._inst
        """,
    ),
    Case(
        "functions taken from numpy.random draw from the one global state",
        make=r"""
        import numpy as np
        from numpy.random import normal, rand, seed
        choose = np.random.choice
        """,
        check=r"""
        np.random.seed(4)
        by_numpy = np.random.rand(), np.random.normal(), np.random.choice(10**6)
        seed(4)
        assert (rand(), normal(), choose(10**6)) == by_numpy and rand.__self__ is np.random.mtrand._rand
        """,
        needs=("numpy",),
    ),
    Case(
        "the namespace, the main module and the history under the user's own names are those of the kernel",
        make=r"""
        import sys
        own_globals, main_module, outputs, inputs = globals(), sys.modules["__main__"], Out, In
        namespace_box = {"ns": own_globals}
        """,
        check=r"""
        assert own_globals is globals() is namespace_box["ns"] and main_module is sys.modules["__main__"]
        assert outputs is Out and inputs is In
        """,
        alone=True,
    ),
    Case(
        "the shell, its namespace and its methods under the user's own names are those of the kernel",
        make=r"""
        shell_alias = get_ipython()
        run_magic = shell_alias.run_line_magic
        class NeedsShell:
            def __init__(self): self.shell = get_ipython()
        needs_shell = NeedsShell()
        """,
        check=r"""
        assert shell_alias is get_ipython() is needs_shell.shell and run_magic.__self__ is get_ipython()
        """,
        alone=True,
    ),
    Case(
        "environment, import path, modules and arguments under other names are the living ones",
        make=r"""
        import os, sys
        environment, import_path, all_modules, get_variable = os.environ, sys.path, sys.modules, os.environ.get
        path_box = [sys.path]
        """,
        check=r"""
        os.environ["MATRIX_ALIAS"] = "1"
        assert environment is os.environ and get_variable("MATRIX_ALIAS") == "1"
        assert import_path is sys.path is path_box[0] and all_modules is sys.modules
        """,
        limit="inside of a list, `sys.path` is a copy: only variables are bound to what a process has once",
    ),
    Case(
        "streams and methods of loggers kept by name write to those of the kernel",
        make=r"""
        import functools, logging, sys
        say = functools.partial(print, file=sys.stdout)
        log_info, root_logger = logging.getLogger("matrix.alias").info, logging.getLogger()
        """,
        check=r"""
        assert say.keywords["file"] is sys.stdout
        say("heard")
        assert log_info.__self__ is logging.getLogger("matrix.alias") and root_logger is logging.root
        """,
    ),
    Case(
        "sentinels of libraries are those of the libraries",
        make=r"""
        import dataclasses, inspect, typing
        from unittest import mock
        no_default, empty_parameter, any_type = dataclasses.MISSING, inspect.Parameter.empty, typing.Any
        mock_sentinel, mock_any, mock_default = mock.sentinel.found, mock.ANY, mock.DEFAULT
        sentinel_table = {"d": [dataclasses.MISSING], typing.Any: mock.sentinel.found}
        """,
        check=r"""
        assert no_default is dataclasses.MISSING is sentinel_table["d"][0] and empty_parameter is inspect._empty
        assert any_type is typing.Any and mock_sentinel is mock.sentinel.found is sentinel_table[typing.Any]
        assert mock_any == object() and mock_default is mock.DEFAULT
        """,
    ),
    Case(
        "constants of numpy and pandas compared with `is` are still identical",
        make=r"""
        import numpy as np, pandas as pd
        not_number, new_axis, no_value, no_moment = np.nan, np.newaxis, pd.NA, pd.NaT
        nan_cells = [np.nan, pd.NA, np.ma.masked, np._NoValue]
        """,
        check=r"""
        assert not_number is np.nan and new_axis is None and no_value is pd.NA and no_moment is pd.NaT
        assert nan_cells[0] is np.nan and nan_cells[2] is np.ma.masked and nan_cells[3] is np._NoValue
        """,
        needs=("numpy", "pandas"),
        limit="inside of containers, numbers and nan do not keep their identity",
    ),
    Case(
        "rcParams, option groups and registries under other names change the living ones",
        make=r"""
        import matplotlib as mpl, matplotlib.pyplot as plt, pandas as pd
        rc, options_of_pandas, colour_maps, named_colours = plt.rcParams, pd.options, mpl.colormaps, mpl.colors.cnames
        """,
        check=r"""
        rc["lines.markersize"] = 9.0
        options_of_pandas.display.min_rows = 4
        assert rc is mpl.rcParams and plt.rcParams["lines.markersize"] == 9.0 and pd.get_option("display.min_rows") == 4
        assert colour_maps is mpl.colormaps and named_colours is mpl.colors.cnames
        """,
        needs=("matplotlib", "pandas"),
        alone=True,
        limit="matplotlib's registry of colour maps and its plain dictionaries of names come back as copies",
    ),
    Case(
        "the current decimal context, thread, loop and signal numbers are the new kernel's",
        make=r"""
        import asyncio, decimal, signal, threading
        decimal_context, main_thread = decimal.getcontext(), threading.main_thread()
        event_loop, interrupt = asyncio.get_running_loop(), signal.SIGINT
        """,
        check=r"""
        assert interrupt is signal.SIGINT and decimal_context.prec == decimal.getcontext().prec
        assert "main_thread" not in globals() or main_thread is threading.main_thread()
        assert "event_loop" not in globals() or event_loop is asyncio.get_running_loop()
        """,
        expected={"main_thread": EITHER, "event_loop": EITHER},
        reasons={"main_thread": "thread", "event_loop": "oop"},
    ),
    Case(
        "members of enumerations and flags of the library are its members",
        make=r"""
        import http, re, socket, ssl
        status, family, regex_flags = http.HTTPStatus.NOT_FOUND, socket.AF_INET, re.I | re.M
        tls_version, by_status = ssl.TLSVersion.TLSv1_3, {http.HTTPStatus.OK: "fine"}
        """,
        check=r"""
        assert status is http.HTTPStatus.NOT_FOUND and family is socket.AF_INET and regex_flags == re.I | re.M
        assert tls_version is ssl.TLSVersion.TLSv1_3 and by_status[http.HTTPStatus(200)] == "fine"
        """,
    ),
    Case(
        "callable singletons of libraries, such as polars' col and sympy's S, are those",
        make=r"""
        import polars as pl, sympy as sm
        column_of, singletons, infinity, imaginary = pl.col, sm.S, sm.oo, sm.I
        """,
        check=r"""
        assert str(column_of("a")) == str(pl.col("a")) and column_of.b.meta.output_name() == "b"
        assert singletons is sm.S and infinity is sm.oo and imaginary is sm.I and singletons.Half == sm.Rational(1, 2)
        """,
        needs=("polars", "sympy"),
    ),
    Case(
        "built-in names bound to other names, and names set in builtins, are found everywhere",
        make=r"""
        import builtins
        my_print, my_open, builtins_alias = print, builtins.open, __builtins__
        def matrix_helper(): return "from builtins"
        builtins.matrix_everywhere = matrix_helper
        """,
        check=r"""
        assert my_print is print and my_open is builtins.open and builtins_alias is builtins
        assert matrix_everywhere() == "from builtins" and builtins.matrix_everywhere is matrix_helper
        """,
        alone=True,
    ),
)
