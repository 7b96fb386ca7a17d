"""More state of the process: what libraries and the interpreter were told in passing."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

CASES = (
    Case(
        "precision of mpmath, configuration of scikit-learn and polars are as set",
        make=r"""
        import mpmath, polars as pl, sklearn
        mpmath.mp.dps = 40
        sklearn.set_config(transform_output="pandas", assume_finite=True)
        pl.Config.set_tbl_rows(3)
        """,
        check=r"""
        from sklearn.preprocessing import StandardScaler
        assert mpmath.mp.dps == 40 and sklearn.get_config()["assume_finite"]
        assert type(StandardScaler().fit_transform([[1.0], [2.0]])).__name__ == "DataFrame"
        assert "POLARS_FMT_MAX_ROWS" in pl.Config.state() and pl.Config.state()["POLARS_FMT_MAX_ROWS"] == "3"
        """,
        needs=("mpmath", "polars", "sklearn"),
        alone=True,
        limit="settings of mpmath are not known",
    ),
    Case(
        "a context manager of settings that was entered and not left is still in force, or undone with it",
        make=r"""
        import contextlib, numpy as np
        entered_stack = contextlib.ExitStack()
        entered_stack.enter_context(np.printoptions(precision=1))
        shown_within = repr(np.array([1.2345]))
        """,
        check="assert repr(np.array([1.2345])) == shown_within == 'array([1.2])'",
        needs=("numpy",),
        expected={"entered_stack": EITHER},
        alone=True,
    ),
    Case(
        "a codec, an error handler and a mime type that the user registered are known",
        make=r"""
        import codecs, mimetypes
        def question_marks(error): return "?" * (error.end - error.start), error.end
        codecs.register_error("matrix-questions", question_marks)
        mimetypes.add_type("application/x-matrix", ".matrix")
        """,
        check=r"""
        assert "aé".encode("ascii", errors="matrix-questions") == b"a?"
        assert mimetypes.guess_type("x.matrix")[0] == "application/x-matrix"
        """,
        alone=True,
        limit="what is registered with codecs cannot be listed",
    ),
    Case(
        "replaced hooks for display, warnings and unraisable errors are the user's functions",
        make=r"""
        import sys, warnings
        hooked = []
        def own_showwarning(message, *args, **kwargs): hooked.append(str(message))
        def own_unraisable(unraisable): hooked.append(type(unraisable.exc_value).__name__)
        warnings.showwarning = own_showwarning
        sys.unraisablehook = own_unraisable
        """,
        check=r"""
        assert warnings.showwarning is own_showwarning and sys.unraisablehook is own_unraisable
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn("heard")
        class FailsToEnd:
            def __del__(self): raise LookupError
        FailsToEnd()
        assert hooked == ["heard", "LookupError"]
        """,
        alone=True,
    ),
    Case(
        "disabled collection, the switch interval, socket timeouts and traced memory are as set",
        make=r"""
        import gc, socket, sys, tracemalloc
        gc.disable()
        sys.setswitchinterval(0.02)
        socket.setdefaulttimeout(12)
        sys.dont_write_bytecode = True
        """,
        check=r"""
        assert not gc.isenabled() and abs(sys.getswitchinterval() - 0.02) < 1e-6
        assert socket.getdefaulttimeout() == 12 and sys.dont_write_bytecode
        """,
        alone=True,
    ),
    Case(
        "a record factory, a logger class and captured warnings of logging are as set",
        make=r"""
        import logging
        class CountingLogger(logging.Logger):
            count = 0
            def handle(self, record): CountingLogger.count += 1
        logging.setLoggerClass(CountingLogger)
        def factory(*args, **kwargs):
            record = logging.LogRecord(*args, **kwargs)
            record.matrix = "m"
            return record
        logging.setLogRecordFactory(factory)
        counting = logging.getLogger("matrix.counting")
        counting.warning("one")
        """,
        check=r"""
        counting.warning("two")
        assert type(counting) is CountingLogger and CountingLogger.count == 2
        assert logging.getLogger("matrix.counting") is counting and logging.getLoggerClass() is CountingLogger
        assert logging.makeLogRecord({}).matrix == "m"
        """,
        alone=True,
        limit="a logger of the session's class is made by logging, of its usual class",
    ),
    Case(
        "converters, units and a default cycle registered with matplotlib are in force",
        make=r"""
        import matplotlib as mpl, matplotlib.pyplot as plt, matplotlib.units as units
        from cycler import cycler
        class Apples:
            def __init__(self, n): self.n = n
        class ApplesConverter(units.ConversionInterface):
            @staticmethod
            def convert(value, unit, axis): return [v.n for v in value] if isinstance(value, list) else value.n
        units.registry[Apples] = ApplesConverter()
        mpl.rcParams["axes.prop_cycle"] = cycler(color=["#111111", "#222222"])
        """,
        check=r"""
        from matplotlib.figure import Figure
        applied = Figure().subplots()
        assert applied.plot([1, 2], [1, 2])[0].get_color() == "#111111"
        assert isinstance(units.registry[Apples], ApplesConverter)
        """,
        needs=("matplotlib",),
        alone=True,
        limit="matplotlib's registry of units is not carried over",
    ),
    Case(
        "traits of classes changed by %config, and environment set by %env and %set_env, are as set",
        make=r"""
        %env MATRIX_ENV=from magic
        # %%
        %config InlineBackend.rc = {"figure.dpi": 55}
        # %%
        %config IPCompleter.use_jedi = False
        # %%
        %pprint
        """,
        check=r"""
        import os
        shell = get_ipython()
        assert os.environ["MATRIX_ENV"] == "from magic" and shell.Completer.use_jedi is False
        assert shell.display_formatter.formatters["text/plain"].pprint is False
        """,
        alone=True,
        limit="settings of the shell's helpers are not carried over",
    ),
    Case(
        "input transformers and ast transformers of the user change the next cell",
        make=r"""
        import ast
        def shouted_line(line): return f"shouted = {line[1:].strip()!r}\n" if line.startswith("¡") else line
        def shouted_lines(lines): return [shouted_line(line) for line in lines]
        get_ipython().input_transformers_cleanup.append(shouted_lines)
        class TenfoldIntegers(ast.NodeTransformer):
            def visit_Constant(self, node):
                return ast.copy_location(ast.Constant(node.value * 10), node) if type(node.value) is int else node
        get_ipython().ast_transformers.append(TenfoldIntegers())
        """,
        check=r"""
        ¡ hello
        # %%
        tenfold = 4
        # %%
        assert shouted == "hello" and str(tenfold) == "40"
        """,
        alone=True,
    ),
)
