"""Arrays that share memory: a write through one is seen through the others."""

from __future__ import annotations

from tests.matrix.case import EITHER, Case

_NUMPY = ("numpy",)

CASES = (
    Case(
        "a slice, a transpose and a reversed view still show their base",
        make=r"""
        import numpy as np
        base = np.arange(12.0).reshape(3, 4)
        row, turned, backwards, stepped = base[1], base.T, base[::-1, ::-1], base[:, ::2]
        """,
        check=r"""
        base[1, 2] = 99
        assert row[2] == 99 and turned[2, 1] == 99 and backwards[1, 1] == 99 and stepped[1, 1] == 99
        row[0] = -1
        assert base[1, 0] == -1 and all(np.shares_memory(base, v) for v in (row, turned, backwards, stepped))
        assert turned.strides == (8, 32) and backwards.strides == (-32, -8)
        """,
        needs=_NUMPY,
    ),
    Case(
        "views that overlap share exactly the part that they shared, with the base gone",
        make=r"""
        import numpy as np
        left_window, right_window = (lambda whole: (whole[:6], whole[4:]))(np.arange(10))
        """,
        check=r"""
        left_window[5] = 50
        assert list(right_window) == [4, 50, 6, 7, 8, 9] and np.shares_memory(left_window[4:], right_window)
        """,
        needs=_NUMPY,
    ),
    Case(
        "a view of another type, and one with zero strides, show the same bytes",
        make=r"""
        import numpy as np
        as_floats = np.ones(4, dtype="f4")
        as_ints = as_floats.view("i4")
        broadcast = np.broadcast_to(as_floats[:1], (1000, 1000))
        rolling = np.lib.stride_tricks.sliding_window_view(as_floats, 2)
        """,
        check=r"""
        as_ints[0] = 0
        assert as_floats[0] == 0 and broadcast[999, 999] == 0 and rolling[0, 0] == 0
        assert broadcast.strides == (0, 0) and not broadcast.flags.writeable and rolling.shape == (3, 2)
        """,
        needs=_NUMPY,
    ),
    Case(
        "a view made in a later cell, and kept in an object, is a view",
        make=r"""
        import numpy as np
        signal_array = np.zeros(100_000)
        class Track:
            def __init__(self, samples): self.samples = samples
        # %%
        track = Track(signal_array[10:20])
        # %%
        track.samples += 1
        """,
        check=r"""
        signal_array[10] = 7
        assert track.samples[0] == 7 and signal_array[11:20].sum() == 9
        assert np.shares_memory(track.samples, signal_array)
        """,
        needs=_NUMPY,
    ),
    Case(
        "fields of structured and record arrays are views, and records have attributes",
        make=r"""
        import numpy as np
        people = np.array([("a", 1.5), ("b", 2.5)], dtype=[("name", "U5"), ("height", "f8")])
        sizes = people["height"]
        records = people.view(np.recarray)
        nested_dtype = np.dtype([("p", [("x", "i2"), ("y", "f4", (2,))]), ("t", "M8[s]")], align=True)
        one_record = people[0]
        """,
        check=r"""
        sizes[0] = 9
        assert people[0]["height"] == 9 and records.height[0] == 9
        assert records.name[1] == "b" and type(records) is np.recarray
        assert nested_dtype["p"]["y"].shape == (2,) and nested_dtype.isalignedstruct
        assert one_record["height"] in (9.0, 1.5)
        """,
        needs=_NUMPY,
        limit="a record taken from an array shows no memory of it afterwards",
    ),
    Case(
        "arrays over a bytearray, a memoryview and an array.array write through",
        make=r"""
        import array, numpy as np
        raw_buffer, typed_buffer = bytearray(8), array.array("i", [1, 2, 3])
        over_bytes = np.frombuffer(raw_buffer, dtype="u1")
        over_typed = np.asarray(memoryview(typed_buffer))
        over_constant = np.frombuffer(b"\1\2\3", dtype="u1")
        """,
        check=r"""
        over_bytes[0] = 255
        over_typed[1] = 20
        assert raw_buffer[0] == 255 and typed_buffer[1] == 20
        assert list(over_constant) == [1, 2, 3] and not over_constant.flags.writeable
        """,
        needs=_NUMPY,
    ),
    Case(
        "one array under two names is one, and arrays of equal content are two",
        make=r"""
        import numpy as np
        once = np.arange(5)
        twice = once
        equal_array = once.copy()
        array_dict = {"a": once, "b": [once[:]]}
        """,
        check=r"""
        once[0] = 100
        assert twice is once is array_dict["a"] and equal_array[0] == 0 and array_dict["b"][0][0] == 100
        """,
        needs=_NUMPY,
    ),
    Case(
        "object arrays share their objects with names, and hold themselves",
        make=r"""
        import numpy as np
        inner_list = [1]
        objects = np.array([inner_list, None, "x"], dtype=object)
        objects[1] = objects
        ragged = np.array([np.arange(2), np.arange(3)], dtype=object)
        ragged_part = ragged[0]
        object_slice = objects[:1]
        """,
        check=r"""
        inner_list.append(2)
        assert objects[0] is inner_list and objects[1] is objects and ragged[0] is ragged_part
        object_slice[0] = "new"
        assert objects[0] == "new"
        """,
        needs=_NUMPY,
    ),
    Case(
        "a read-only array is read-only, its writeable base is not",
        make=r"""
        import numpy as np
        writeable = np.zeros(3)
        frozen_view = writeable[:]
        frozen_view.flags.writeable = False
        frozen_own = np.ones(3)
        frozen_own.setflags(write=False)
        """,
        check=r"""
        writeable[0] = 5
        assert frozen_view[0] == 5 and not frozen_view.flags.writeable and not frozen_own.flags.writeable
        """,
        needs=_NUMPY,
    ),
    Case(
        "Fortran order, odd strides, empty and zero-dimensional arrays keep their layout",
        make=r"""
        import numpy as np
        fortran = np.asfortranarray(np.arange(6).reshape(2, 3))
        point_array, empty_array = np.array(3.5), np.empty((0, 3), dtype="i2")
        big_endian, odd = np.array([1, 2], dtype=">i4"), np.arange(20)[3::7]
        scalar_of = np.float32(1.1)
        """,
        check=r"""
        assert fortran.flags.f_contiguous and not fortran.flags.c_contiguous and fortran[1, 2] == 5
        assert point_array.shape == () and point_array[()] == 3.5 and empty_array.shape == (0, 3)
        assert big_endian.dtype.byteorder == ">" and list(odd) == [3, 10, 17] and type(scalar_of) is np.float32
        """,
        needs=_NUMPY,
    ),
    Case(
        "a masked array keeps mask, fill value, hardness, and shares its data",
        make=r"""
        import numpy as np
        masked_data = np.arange(4.0)
        masked = np.ma.array(masked_data, mask=[0, 1, 0, 0], fill_value=-1, hard_mask=True, copy=False)
        masked_constant = [np.ma.masked, np.ma.nomask]
        """,
        check=r"""
        masked_data[0] = 10
        assert masked[0] == 10 and masked.sum() == 15 and masked.fill_value == -1 and masked.hardmask
        masked[1] = 3
        assert masked.mask[1] and masked[1] is np.ma.masked is masked_constant[0] and masked_constant[1] is np.ma.nomask
        """,
        needs=_NUMPY,
    ),
    Case(
        "memory-mapped arrays write to the file, or are named",
        make=r"""
        import numpy as np
        mapped_array = np.memmap("mapped.dat", dtype="f8", mode="w+", shape=(4,))
        mapped_array[:] = [1, 2, 3, 4]
        mapped_array.flush()
        mapped_part = mapped_array[1:3]
        """,
        check=r"""
        if "mapped_array" in globals():
            assert list(mapped_array) == [1, 2, 3, 4]
            mapped_array[1] = 20
            assert "mapped_part" not in globals() or mapped_part[0] == 20
        """,
        needs=_NUMPY,
        expected={"mapped_array": EITHER, "mapped_part": EITHER},
    ),
    Case(
        "an array of a hundred megabytes moves with its view and the sum of its parts",
        make=r"""
        import numpy as np
        large = np.arange(13_000_000, dtype="i8")
        large_tail = large[-5:]
        large[7] = -7
        """,
        check=r"""
        large[-1] = 0
        assert large_tail[-1] == 0 and large[7] == -7 and int(large[:100].sum()) == 4950 - 14
        """,
        needs=_NUMPY,
        alone=True,
    ),
)
