"""polars, pyarrow, networkx, sympy and statsmodels."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

CASES = (
    Case(
        "a polars frame with enums, categories, lists, structs and objects is equal",
        make=r"""
        import datetime as dt, polars as pl
        polar = pl.DataFrame({
            "e": pl.Series(["a", "b"], dtype=pl.Enum(["a", "b", "c"])),
            "c": pl.Series(["x", None], dtype=pl.Categorical),
            "l": [[1, 2], []], "s": [{"k": 1}, {"k": None}], "d": [dt.date(2020, 1, 1), None],
            "n": pl.Series(["1.10", "2"]).cast(pl.Decimal(10, 2)),
        })
        polar_column, polar_schema = polar["l"], polar.schema
        """,
        check=r"""
        assert polar.schema == polar_schema and polar["e"].dtype == pl.Enum(["a", "b", "c"])
        assert polar_column.to_list() == [[1, 2], []] and polar["s"].to_list() == [{"k": 1}, {"k": None}]
        assert str(polar["n"][0]) == "1.10" and polar["c"].to_list() == ["x", None]
        """,
        needs=("polars",),
    ),
    Case(
        "lazy frames, expressions and group-bys of polars compute, with functions of the user",
        make=r"""
        import polars as pl
        def plus_ten(x): return x + 10
        doubled_expr = (pl.col("a") * 2).alias("b")
        lazy = pl.LazyFrame({"a": [1, 2, 3]}).filter(pl.col("a") > 1).with_columns(doubled_expr)
        mapped_expr = pl.col("a").map_elements(plus_ten, return_dtype=pl.Int64)
        polar_groups = pl.DataFrame({"k": ["x", "y", "x"], "v": [1, 2, 3]}).group_by("k", maintain_order=True)
        """,
        check=r"""
        assert lazy.collect()["b"].to_list() == [4, 6]
        assert pl.DataFrame({"a": [5]}).select(doubled_expr)["b"].to_list() == [10]
        if "mapped_expr" in globals():
            assert pl.DataFrame({"a": [1]}).select(mapped_expr)["a"].to_list() == [11]
        if "polar_groups" in globals():
            assert polar_groups.agg(pl.col("v").sum())["v"].to_list() == [4, 2]
        """,
        needs=("polars",),
    ),
    Case(
        "a namespace that the user registered with polars, and its string cache, work",
        make=r"""
        import polars as pl
        @pl.api.register_expr_namespace("matrix")
        class MatrixNamespace:
            def __init__(self, expr): self._expr = expr
            def tripled(self): return self._expr * 3
        polar_tripled = pl.DataFrame({"a": [2]}).select(pl.col("a").matrix.tripled())
        """,
        check=r"""
        assert polar_tripled["a"].to_list() == [6]
        assert pl.DataFrame({"a": [4]}).select(pl.col("a").matrix.tripled())["a"].to_list() == [12]
        """,
        needs=("polars",),
        alone=True,
    ),
    Case(
        "arrow tables, schemas, dictionaries, buffers and scalars are equal",
        make=r"""
        import pyarrow as pa, pyarrow.compute as pc
        coded_texts = pa.array(["x", "y", "x"]).dictionary_encode()
        arrow_table = pa.table({"a": pa.chunked_array([[1, 2], [3]]), "d": coded_texts})
        arrow_table = arrow_table.replace_schema_metadata({"made": "by matrix"})
        arrow_slice, arrow_expr, arrow_scalar = arrow_table.slice(1), pc.field("a") > 1, pa.scalar([1, {"k": 2}][0])
        arrow_buffer = pa.py_buffer(b"bytes")
        """,
        check=r"""
        assert arrow_table.schema.metadata == {b"made": b"by matrix"} and arrow_table["a"].num_chunks == 2
        assert arrow_slice["a"].to_pylist() == [2, 3] and arrow_slice["d"].type.index_type == pa.int32()
        assert arrow_scalar.as_py() == 1 and arrow_buffer.to_pybytes() == b"bytes"
        assert arrow_table.filter(arrow_expr)["a"].to_pylist() == [2, 3]
        """,
        needs=("pyarrow",),
    ),
    Case(
        "a parquet file, a record batch reader and a dataset of arrow are usable or named",
        make=r"""
        import pyarrow as pa, pyarrow.parquet as pq, pyarrow.dataset as pads
        pq.write_table(pa.table({"a": [1, 2]}), "t.parquet")
        parquet_file, parquet_dataset = pq.ParquetFile("t.parquet"), pads.dataset("t.parquet")
        batch_reader = pa.table({"a": [1]}).to_reader()
        """,
        check=r"""
        assert "parquet_file" not in globals() or parquet_file.read()["a"].to_pylist() == [1, 2]
        assert "parquet_dataset" not in globals() or parquet_dataset.to_table()["a"].to_pylist() == [1, 2]
        assert "batch_reader" not in globals() or batch_reader.read_all()["a"].to_pylist() == [1]
        """,
        needs=("pyarrow",),
        expected=dict.fromkeys(("parquet_file", "parquet_dataset", "batch_reader"), EITHER),
    ),
    Case(
        "a graph with attributes, its views and subclasses stay one graph",
        make=r"""
        import networkx as nx
        class Person:
            def __init__(self, name): self.name = name
        ann, bob = Person("ann"), Person("bob")
        graph = nx.DiGraph(title="people")
        graph.add_edge(ann, bob, weight=2.5, since={"year": 2020})
        reversed_view, sub_view = graph.reverse(copy=False), graph.subgraph([ann])
        adjacency, node_view = graph.adj, graph.nodes
        layout = {ann: (0, 0)}
        filtered = nx.subgraph_view(graph, filter_edge=lambda a, b: graph[a][b]["weight"] > 1)
        """,
        check=r"""
        graph.add_edge(bob, ann, weight=0.5)
        assert adjacency[bob][ann]["weight"] == 0.5
        assert reversed_view.has_edge(bob, ann) and reversed_view.has_edge(ann, bob)
        assert ann in sub_view and bob not in sub_view and ann in node_view
        assert list(filtered.edges) == [(ann, bob)] and layout[ann] == (0, 0) and graph.graph["title"] == "people"
        assert nx.shortest_path(graph, ann, bob) == [ann, bob] and graph[ann][bob]["since"] == {"year": 2020}
        """,
        needs=("networkx",),
    ),
    Case(
        "symbols with assumptions, dummies and user functions are the same symbols",
        make=r"""
        import sympy as sm
        x_sym, p_sym, dummy = sm.symbols("x", real=True), sm.Symbol("p", positive=True), sm.Dummy("x")
        f_sym = sm.Function("f")
        expression = sm.sqrt(p_sym ** 2) + dummy * x_sym + f_sym(x_sym).diff(x_sym)
        solution = sm.solve(x_sym ** 2 - 2, x_sym)
        class MyFunction(sm.Function):
            @classmethod
            def eval(cls, arg): return arg if arg.is_Integer else None
        own_call = MyFunction(x_sym)
        """,
        check=r"""
        assert expression.has(dummy) and expression.subs(dummy, 0).has(p_sym) and sm.symbols("x", real=True) == x_sym
        assert expression.coeff(x_sym) == dummy
        assert solution == [-sm.sqrt(2), sm.sqrt(2)] and sm.sqrt(p_sym ** 2) == p_sym
        assert own_call.func is MyFunction and own_call.subs(x_sym, 3) == 3 and f_sym(x_sym).func == f_sym
        """,
        needs=("sympy",),
    ),
    Case(
        "lambdified functions, symbolic matrices and physical units compute",
        make=r"""
        import sympy as sm
        from sympy.physics import units
        a_sym, b_sym = sm.symbols("a b")
        lambdified = sm.lambdify([a_sym, b_sym], a_sym ** 2 + sm.sin(b_sym), "numpy")
        symbolic_matrix = sm.Matrix([[a_sym, 1], [0, b_sym]])
        speed = 3 * units.meter / units.second
        domain = sm.Interval(0, sm.oo, left_open=True)
        """,
        check=r"""
        assert lambdified(2, 0.0) == 4.0 and symbolic_matrix.det() == a_sym * b_sym and 0 not in domain
        symbolic_matrix[0, 0] = 5
        assert symbolic_matrix[0, 0] == 5
        assert units.convert_to(speed, units.kilometer / units.hour).args[0] == sm.Rational(54, 5)
        """,
        needs=("sympy", "numpy"),
    ),
    Case(
        "results of statistical models, made with formulas of user functions, predict",
        make=r"""
        import numpy as np, pandas as pd, statsmodels.api as sma, statsmodels.formula.api as smf
        def halved(v): return v / 2
        fit_frame = pd.DataFrame({"x": np.arange(10.0), "y": np.arange(10.0) * 2 + 1})
        formula_fit = smf.ols("y ~ halved(x) + I(x ** 2)", fit_frame).fit()
        array_fit = sma.OLS(fit_frame["y"], sma.add_constant(fit_frame["x"])).fit()
        model_of_fit = array_fit.model
        new_points = pd.DataFrame({"x": [20.0]})
        expected_prediction = float(formula_fit.predict(new_points).iloc[0])
        """,
        check=r"""
        assert abs(float(formula_fit.predict(new_points).iloc[0]) - expected_prediction) < 1e-9
        assert abs(array_fit.params["x"] - 2) < 1e-9 and array_fit.model is model_of_fit and array_fit.rsquared > 0.99
        assert "OLS Regression Results" in str(array_fit.summary())
        """,
        needs=("statsmodels",),
    ),
    Case(
        "a time-series model's results forecast the same",
        make=r"""
        import numpy as np
        from statsmodels.tsa.ar_model import AutoReg
        from statsmodels.tsa.holtwinters import SimpleExpSmoothing
        wave = np.sin(np.arange(40) / 3)
        autoregressive = AutoReg(wave, lags=2).fit()
        smoothed = SimpleExpSmoothing(wave, initialization_method="estimated").fit(smoothing_level=0.5)
        forecast_before = autoregressive.forecast(3), smoothed.forecast(2)
        """,
        check=r"""
        assert np.allclose(autoregressive.forecast(3), forecast_before[0])
        assert np.allclose(smoothed.forecast(2), forecast_before[1])
        """,
        needs=("statsmodels",),
    ),
)
