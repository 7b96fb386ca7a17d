"""State of the whole process: each case has kernels of its own."""

from __future__ import annotations

from tests.matrix.case import STORED, Case

CASES = (
    Case(
        "random, numpy.random and hash-free shuffles go on with the next numbers",
        make=r"""
        import random, numpy as np
        random.seed(1); np.random.seed(2)
        random.random(); random.gauss(0, 1); np.random.normal()
        expected_draws = []
        # %%
        states = random.getstate(), np.random.get_state()
        expected_draws += [random.gauss(0, 1), random.random(), np.random.normal(), np.random.random()]
        random.setstate(states[0]); np.random.set_state(states[1])
        """,
        check="assert expected_draws == [random.gauss(0, 1), random.random(), np.random.normal(), np.random.random()]",
        process={"random": STORED, "numpy.random": STORED},
        needs=("numpy",),
        alone=True,
    ),
    Case(
        "working directory, environment and import path are as the session left them",
        make=r"""
        import os, pathlib, sys
        pathlib.Path("sub/lib").mkdir(parents=True, exist_ok=True)
        pathlib.Path("sub/lib/sidemodule.py").write_text("VALUE = 'side'\nclass Side: pass\n")
        os.chdir("sub")
        os.environ["MATRIX_SETTING"] = "on"; os.environ.pop("LANGUAGE", None)
        sys.path.insert(0, os.path.abspath("lib"))
        import sidemodule
        side = sidemodule.Side()
        """,
        check=r"""
        assert os.path.basename(os.getcwd()) == "sub" and os.environ["MATRIX_SETTING"] == "on"
        assert type(side) is sidemodule.Side and sidemodule.VALUE == "side" and sys.path[0].endswith("sub/lib")
        import subprocess
        assert subprocess.run("echo $MATRIX_SETTING", shell=True, capture_output=True, text=True).stdout == "on\n"
        """,
        process={"cwd": STORED, "environ": STORED, "sys.path": STORED},
        alone=True,
    ),
    Case(
        "warning filters, the recursion limit, decimal and float display are as set",
        make=r"""
        import decimal, sys, warnings
        warnings.filterwarnings("error", message="matrix")
        sys.setrecursionlimit(4321)
        decimal.getcontext().prec = 5
        sys.set_int_max_str_digits(9000)
        """,
        check=r"""
        try:
            warnings.warn("matrix says no")
        except UserWarning:
            pass
        else:
            raise AssertionError("the filter is lost")
        assert sys.getrecursionlimit() == 4321 and str(decimal.Decimal(1) / 3) == "0.33333"
        assert sys.get_int_max_str_digits() == 9000
        """,
        process={"warnings": STORED, "decimal": STORED},
        alone=True,
    ),
    Case(
        "numpy and pandas print and compute as set",
        make=r"""
        import numpy as np, pandas as pd
        np.set_printoptions(precision=2, suppress=True)
        np.seterr(divide="raise")
        pd.set_option("display.max_rows", 7)
        pd.options.display.float_format = "{:.1f}".format
        """,
        check=r"""
        assert repr(np.array([1.23456])) == "array([1.23])" and pd.get_option("display.max_rows") == 7
        assert "1.2" in repr(pd.DataFrame({"a": [1.2345]})) and "1.23" not in repr(pd.DataFrame({"a": [1.2345]}))
        try:
            np.array([1.0]) / 0
        except FloatingPointError:
            pass
        else:
            raise AssertionError("the error state is lost")
        """,
        process={"numpy": STORED, "pandas": STORED},
        needs=("numpy", "pandas"),
        alone=True,
    ),
    Case(
        "rcParams, style, backend and registered colour maps of matplotlib are as set",
        make=r"""
        %matplotlib inline
        import matplotlib, matplotlib.pyplot as plt
        plt.style.use("ggplot")
        plt.rcParams["figure.figsize"] = (3, 2)
        matplotlib.rcParams["lines.linewidth"] = 4.5
        own_map = matplotlib.colors.ListedColormap(["red", "blue"], name="own_map")
        matplotlib.colormaps.register(own_map)
        used_backend = matplotlib.get_backend()
        """,
        check=r"""
        assert plt.rcParams["lines.linewidth"] == 4.5 and list(plt.rcParams["figure.figsize"]) == [3.0, 2.0]
        assert plt.rcParams["axes.facecolor"] == "#E5E5E5" and matplotlib.get_backend() == used_backend
        assert matplotlib.colormaps["own_map"](0.0) == own_map(0.0) == (1.0, 0.0, 0.0, 1.0)
        """,
        process={"matplotlib": STORED},
        needs=("matplotlib",),
        alone=True,
    ),
    Case(
        "signal handlers, exit functions and except hooks of the user are set",
        make=r"""
        import atexit, signal, sys
        def on_usr1(number, frame): signals_seen.append(number)
        signals_seen = []
        signal.signal(signal.SIGUSR1, on_usr1)
        @atexit.register
        def at_end(): pass
        def on_thread_error(args): thread_errors.append(args.exc_type)
        thread_errors = []
        import threading
        threading.excepthook = on_thread_error
        """,
        check=r"""
        assert signal.getsignal(signal.SIGUSR1) is on_usr1 and threading.excepthook is on_thread_error
        signal.raise_signal(signal.SIGUSR1)
        failing_thread = threading.Thread(target=lambda: 1 / 0)
        failing_thread.start(); failing_thread.join()
        assert signals_seen == [signal.SIGUSR1] and thread_errors == [ZeroDivisionError]
        """,
        process={"signal": STORED, "atexit": STORED},
        alone=True,
    ),
    Case(
        "root logging configured with basicConfig, and levels of libraries, are as set",
        make=r"""
        import logging
        logging.basicConfig(filename="root.log", level=logging.INFO, format="%(name)s:%(message)s", force=True)
        logging.getLogger("noisy").setLevel(logging.ERROR)
        logging.addLevelName(25, "NOTICE")
        logging.info("before")
        """,
        check=r"""
        logging.info("after"); logging.getLogger("noisy").warning("unheard"); logging.debug("unheard")
        assert open("root.log").read() == "root:before\nroot:after\n" and logging.getLevelName(25) == "NOTICE"
        """,
        process={"logging": STORED},
        alone=True,
    ),
    Case(
        "a patched library function and a changed module constant stay patched",
        make=r"""
        import textwrap
        plain_shorten = textwrap.shorten
        def loud_shorten(text, width, **kwargs): return plain_shorten(text, width, **kwargs).upper()
        textwrap.shorten = loud_shorten
        textwrap.MATRIX_CONSTANT = [1, 2]
        shared_constant = textwrap.MATRIX_CONSTANT
        """,
        check=r"""
        import importlib
        assert importlib.import_module("textwrap").shorten("ab", 5) == "AB" and textwrap.shorten is loud_shorten
        assert textwrap.MATRIX_CONSTANT == shared_constant and plain_shorten("ab", 5) == "ab"
        """,
        alone=True,
    ),
    Case(
        "a user's extension, its magics and autoreload are loaded",
        make=r"""
        from pathlib import Path
        Path("own_ext.py").write_text(
            "def load_ipython_extension(ip):\n"
            "    ip.register_magic_function(lambda line: line[::-1], 'line', 'mirror')\n"
        )
        %load_ext own_ext
        # %%
        %load_ext autoreload
        # %%
        %autoreload 2
        mirrored = get_ipython().run_line_magic("mirror", "abc")
        """,
        check=r"""
        assert mirrored == "cba" and get_ipython().run_line_magic("mirror", "xyz") == "zyx"
        assert any(name.endswith("autoreload") for name in get_ipython().extension_manager.loaded)
        """,
        process={"extensions": f"{STORED}|recomputed"},
        alone=True,
    ),
    Case(
        "settings of the shell, precision and automagic, are as set",
        make=r"""
        %precision 3
        # %%
        %config InteractiveShell.ast_node_interactivity = "all"
        # %%
        %xmode Minimal
        """,
        check=r"""
        shell = get_ipython()
        assert shell.display_formatter.format(3.14159)[0]["text/plain"] == "3.142"
        assert shell.ast_node_interactivity == "all" and shell.InteractiveTB.mode == "Minimal"
        """,
        alone=True,
    ),
    Case(
        "the garbage collector's settings, the time zone and the umask are as set",
        make=r"""
        import gc, os, time
        gc.set_threshold(1234, 5, 6); gc.freeze()
        os.environ["TZ"] = "Asia/Tokyo"; time.tzset()
        old_umask = os.umask(0o027)
        """,
        check=r"""
        assert gc.get_threshold()[0] == 1234 and time.localtime(0).tm_hour == 9
        assert os.umask(0o022) == 0o027
        """,
        alone=True,
    ),
)
