"""Frames and series, and what pandas makes of them."""

from __future__ import annotations

from tests.matrix.case import Case

_PANDAS = ("pandas",)

CASES = (
    Case(
        "a frame with columns of every type keeps the types, the missing values and the order",
        make=r"""
        import numpy as np, pandas as pd
        every = pd.DataFrame({
            "i": pd.array([1, None], "Int64"), "b": pd.array([True, None], "boolean"),
            "s": pd.array(["a", None], "string"), "f": [1.5, np.nan], "o": [[1], {"k": 2}],
            "c": pd.Categorical(["x", None], categories=["y", "x"], ordered=True),
            "t": pd.to_datetime(["2020-01-01", None]).tz_localize("Europe/Berlin"), "d": pd.to_timedelta(["1h", None]),
            "p": pd.PeriodIndex(["2020-01", "2020-02"], freq="M"), "v": pd.IntervalIndex.from_breaks([0, 1, 2]),
            "z": pd.arrays.SparseArray([0, 1]), "text": ["é", "b"],
        }, index=pd.Index(["r1", "r2"], name="row"))
        every_types = every.dtypes.astype(str).to_dict()
        """,
        check=r"""
        assert every.dtypes.astype(str).to_dict() == every_types and every.index.name == "row"
        assert every["i"].isna().tolist() == [False, True]
        assert every["c"].cat.ordered and every["t"].dt.tz.key == "Europe/Berlin"
        assert every["o"].iloc[1] == {"k": 2} and every.loc["r1", "d"] == pd.Timedelta("1h")
        assert list(every.columns)[:3] == ["i", "b", "s"]
        assert every["v"].iloc[0].right == 1 and every["z"].sparse.density == 0.5
        """,
        needs=_PANDAS,
    ),
    Case(
        "copy on write: a frame and what was sliced from it are two values, both ways",
        make=r"""
        import pandas as pd
        cow_frame = pd.DataFrame({"a": [1, 2, 3], "b": [4.0, 5.0, 6.0]})
        cow_column, cow_slice, cow_shallow = cow_frame["a"], cow_frame[1:], cow_frame.copy(deep=False)
        # %%
        cow_frame.loc[0, "a"] = 100
        """,
        check=r"""
        assert cow_column.tolist() == [1, 2, 3] and cow_shallow.loc[0, "a"] == 1 and cow_frame.loc[0, "a"] == 100
        cow_frame.loc[1, "b"] = -5
        assert cow_slice.loc[1, "b"] == 5 and cow_shallow.loc[1, "b"] == 5
        cow_slice.loc[2, "a"] = 33
        assert cow_frame.loc[2, "a"] == 3
        """,
        needs=_PANDAS,
    ),
    Case(
        "one frame under two names, in a list and in a closure, is one frame",
        make=r"""
        import pandas as pd
        frame = pd.DataFrame({"x": [1]})
        frame_again, frame_list = frame, [frame]
        def reader_of(f): return lambda: f
        read_frame = reader_of(frame)
        """,
        check=r"""
        frame["y"] = 2
        assert frame_again is frame is frame_list[0] is read_frame() and list(frame_again.columns) == ["x", "y"]
        """,
        needs=_PANDAS,
    ),
    Case(
        "a change inside a frame that leaves shape and types the same is the changed frame",
        make=r"""
        import pandas as pd
        cell_frame = pd.DataFrame({"a": [1, 2], "s": ["x", "y"]})
        # %%
        cell_frame.iat[0, 0] = 10
        cell_frame.loc[1, "s"] = "z"
        cell_frame.index = ["k", "l"]
        """,
        check="assert cell_frame.to_dict() == {'a': {'k': 10, 'l': 2}, 's': {'k': 'x', 'l': 'z'}}",
        needs=_PANDAS,
    ),
    Case(
        "attrs, flags and names are kept",
        make=r"""
        import pandas as pd
        noted = pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False)
        noted.attrs["source"] = {"file": "x.csv"}
        named_series = pd.Series([1, 2], name=("tuple", "name"), index=pd.RangeIndex(0, 4, 2, name="even"))
        """,
        check=r"""
        assert noted.attrs == {"source": {"file": "x.csv"}} and noted.flags.allows_duplicate_labels is False
        assert named_series.name == ("tuple", "name") and isinstance(named_series.index, pd.RangeIndex)
        assert named_series.index.name == "even" and named_series.index.step == 2
        """,
        needs=_PANDAS,
    ),
    Case(
        "hierarchical, categorical and time-zone indexes find their rows",
        make=r"""
        import pandas as pd
        levels = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["k", "n"])
        hierarchy = pd.DataFrame({"v": range(4)}, index=levels)
        wide = hierarchy.unstack("n")
        times = pd.Series(range(3), index=pd.date_range("2020-03-28", periods=3, freq="D", tz="Europe/Berlin"))
        categories = pd.Series([1, 2], index=pd.CategoricalIndex(["x", "y"]))
        """,
        check=r"""
        assert hierarchy.loc[("b", 1), "v"] == 2 and hierarchy.xs(2, level="n")["v"].tolist() == [1, 3]
        assert wide[("v", 2)].tolist() == [1, 3] and times.index.freq == "D"
        assert str(times.index[2].utcoffset()) == "2:00:00"
        assert categories["y"] == 2 and times["2020-03-29"] == 1
        """,
        needs=_PANDAS,
    ),
    Case(
        "group-by, rolling and resample objects go on to work on their frame",
        make=r"""
        import pandas as pd
        sales = pd.DataFrame({"k": list("aab"), "v": [1, 2, 4]}, index=pd.date_range("2020", periods=3, freq="h"))
        by_key, by_user = sales.groupby("k"), sales.groupby(lambda when: when.hour % 2)
        window_of_two, two_hours = sales["v"].rolling(2), sales["v"].resample("2h")
        weighted = sales["v"].ewm(alpha=0.5)
        """,
        check=r"""
        assert by_key["v"].sum().to_dict() == {"a": 3, "b": 4} and by_user["v"].sum().to_dict() == {0: 5, 1: 2}
        assert window_of_two.sum().tolist()[1:] == [3, 6] and two_hours.sum().tolist() == [3, 4]
        assert abs(weighted.mean().iloc[1] - 5 / 3) < 1e-9 and by_key.get_group("b")["v"].iloc[0] == 4
        """,
        needs=_PANDAS,
    ),
    Case(
        "an iterator over rows or chunks goes on, or is named",
        make=r"""
        import pandas as pd
        rows_of = pd.DataFrame({"a": [1, 2, 3]})
        row_iterator, tuple_iterator = rows_of.iterrows(), rows_of.itertuples(index=False, name="R")
        next(row_iterator), next(tuple_iterator)
        """,
        check=r"""
        if "row_iterator" in globals():
            assert next(row_iterator)[1]["a"] == 2
        if "tuple_iterator" in globals():
            assert next(tuple_iterator).a == 2
        assert rows_of["a"].sum() == 6
        """,
        needs=_PANDAS,
    ),
    Case(
        "accessors that the user registered are there",
        make=r"""
        import pandas as pd
        @pd.api.extensions.register_dataframe_accessor("geo")
        class GeoAccessor:
            def __init__(self, frame): self._frame = frame
            @property
            def centre(self): return self._frame["lat"].mean()
        @pd.api.extensions.register_series_accessor("loud")
        class Loud:
            def __init__(self, series): self._series = series
            def shout(self): return self._series.str.upper().tolist()
        places = pd.DataFrame({"lat": [1.0, 3.0]})
        used_accessor = places.geo
        """,
        check=r"""
        assert places.geo.centre == 2.0 and pd.Series(['a']).loud.shout() == ['A']
        assert used_accessor.centre == 2.0
        """,
        needs=_PANDAS,
        alone=True,
    ),
    Case(
        "subclassed frames keep class, metadata and constructors",
        make=r"""
        import pandas as pd
        class TaggedFrame(pd.DataFrame):
            _metadata = ["tag"]
            @property
            def _constructor(self): return TaggedFrame
        tagged_frame = TaggedFrame({"a": [1, 2]})
        tagged_frame.tag = "t1"
        """,
        check=r"""
        assert type(tagged_frame) is TaggedFrame and tagged_frame.tag == "t1"
        assert type(tagged_frame[:1]) is TaggedFrame and tagged_frame[:1].tag == "t1"
        """,
        needs=_PANDAS,
    ),
    Case(
        "an extension array of the user's own works in a series",
        make=r"""
        import numpy as np, pandas as pd
        from pandas.api.extensions import ExtensionArray, ExtensionDtype, register_extension_dtype
        @register_extension_dtype
        class CoinDtype(ExtensionDtype):
            name, type, na_value = "coin", int, -1
            @classmethod
            def construct_array_type(cls): return CoinArray
        class CoinArray(ExtensionArray):
            def __init__(self, data): self._data = np.asarray(data)
            dtype = CoinDtype()
            nbytes = property(lambda self: self._data.nbytes)
            @classmethod
            def _from_sequence(cls, scalars, *, dtype=None, copy=False): return cls(list(scalars))
            def __getitem__(self, key):
                found = self._data[key]
                return CoinArray(found) if isinstance(found, np.ndarray) else int(found)
            def __len__(self): return len(self._data)
            def isna(self): return self._data == -1
            def take(self, indices, *, allow_fill=False, fill_value=None): return CoinArray(self._data.take(indices))
            def copy(self): return CoinArray(self._data.copy())
        coins = pd.Series(CoinArray([5, -1]))
        """,
        check=r"""
        assert type(coins.array) is CoinArray and coins.dtype == "coin" and coins.isna().tolist() == [False, True]
        assert pd.Series([1, 2], dtype="coin").array[1] == 2
        """,
        needs=_PANDAS,
    ),
    Case(
        "a styler with a function of the user renders the same",
        make=r"""
        import pandas as pd
        def red_if_negative(value): return "color: red" if value < 0 else ""
        styled_frame = pd.DataFrame({"a": [1, -1]})
        styler = styled_frame.style.map(red_if_negative).format("{:.1f}")
        """,
        check=r"""
        assert "color: red" in styler.to_html() and "-1.0" in styler.to_html() and styler.data is styled_frame
        """,
        needs=("pandas", "jinja2"),
    ),
    Case(
        "offsets, options, timestamps and missing values are the library's",
        make=r"""
        import pandas as pd
        month_end, business = pd.offsets.MonthEnd(2), pd.offsets.CustomBusinessDay(holidays=["2024-01-01"])
        missing, no_time, stamp = pd.NA, pd.NaT, pd.Timestamp("2024-10-27 00:30Z").tz_convert("Europe/Berlin")
        lookup = {pd.NaT: 1, stamp: 2, pd.Interval(0, 1): 3}
        """,
        check=r"""
        assert missing is pd.NA and no_time is pd.NaT and lookup[pd.NaT] == 1 and lookup[stamp] == 2
        assert str((pd.Timestamp("2024-01-15") + month_end).date()) == "2024-02-29"
        assert str((pd.Timestamp("2023-12-29") + business).date()) == "2024-01-02" and lookup[pd.Interval(0, 1)] == 3
        """,
        needs=_PANDAS,
    ),
    Case(
        "columns that hold functions, frames and instances of the session's classes hold those",
        make=r"""
        import pandas as pd
        class Station:
            def __init__(self, n): self.n = n
        station = Station(1)
        inner_frame = pd.DataFrame({"q": [1]})
        things = pd.DataFrame({"thing": pd.Series([station, inner_frame, len, lambda: 4], dtype=object)})
        """,
        check=r"""
        assert things.loc[0, "thing"] is station
        assert things.loc[1, "thing"] is inner_frame and things.loc[2, "thing"] is len
        assert things.loc[3, "thing"]() == 4
        """,
        needs=_PANDAS,
    ),
    Case(
        "a frame made of a numpy array keeps what sharing it had",
        make=r"""
        import numpy as np, pandas as pd
        backing_array = np.zeros((3, 2))
        over_array = pd.DataFrame(backing_array, columns=["a", "b"], copy=False)
        shared_before = np.shares_memory(over_array.to_numpy(), backing_array)
        values_view = over_array.to_numpy()
        """,
        check=r"""
        backing_array[0, 0] = 5
        assert (over_array.iloc[0, 0] == 5) == shared_before and (values_view[0, 0] == 5) == shared_before
        """,
        needs=_PANDAS,
    ),
)
