"""What numpy and scipy have besides plain arrays."""

from __future__ import annotations

from tests.matrix.case import Case

_NUMPY = ("numpy",)
_SCIPY = ("scipy",)

CASES = (
    Case(
        "random generators go on with the next draw, and share their bit generator",
        make=r"""
        import numpy as np
        rng, legacy = np.random.default_rng(5), np.random.RandomState(5)
        rng.normal(size=3), legacy.rand(2)
        rng_twin, legacy_twin = np.random.default_rng(5), np.random.RandomState(5)
        rng_twin.normal(size=3), legacy_twin.rand(2)
        bits = rng.bit_generator
        second_rng = np.random.Generator(bits)
        children = np.random.SeedSequence(1).spawn(2)
        """,
        check=r"""
        assert rng.random() == rng_twin.random()
        assert legacy.rand() == legacy_twin.rand() and second_rng.bit_generator is bits
        second_rng.random()
        rng_twin.random()
        assert rng.random() == rng_twin.random() and children[1].spawn_key == (1,)
        """,
        needs=_NUMPY,
    ),
    Case(
        "an array subclass keeps its attributes, also in slices, and its class",
        make=r"""
        import numpy as np
        class WithUnit(np.ndarray):
            def __new__(cls, data, unit):
                made = np.asarray(data, dtype=float).view(cls)
                made.unit = unit
                return made
            def __array_finalize__(self, source): self.unit = getattr(source, "unit", None)
            def __reduce__(self):
                make, arguments, state = super().__reduce__()
                return make, arguments, (*state, self.unit)
            def __setstate__(self, state):
                super().__setstate__(state[:-1])
                self.unit = state[-1]
        lengths = WithUnit([1, 2, 3], "m")
        length_slice = lengths[1:]
        class Bare(np.ndarray): pass
        bare = np.arange(3).view(Bare)
        bare.note = "kept?"
        """,
        check=r"""
        assert lengths.unit == "m" == length_slice.unit and type(length_slice) is WithUnit and (lengths * 2).unit == "m"
        lengths[1] = 9
        assert length_slice[0] == 9 and type(bare) is Bare and bare.note == "kept?"
        """,
        needs=_NUMPY,
        limit="a `__reduce__` of its own copies the memory that its slices show",
    ),
    Case(
        "ufuncs, of the library and of the user, vectorize and piecewise functions compute",
        make=r"""
        import numpy as np
        def clipped(x): return min(x, 2)
        vectorized, own_ufunc = np.vectorize(clipped, otypes=[float]), np.frompyfunc(lambda a, b: a + b, 2, 1)
        library_ufunc, bound_reduce = np.add, np.add.reduce
        """,
        check=r"""
        assert vectorized([1, 5]).tolist() == [1.0, 2.0] and library_ufunc is np.add and bound_reduce([1, 2]) == 3
        if "own_ufunc" in globals():
            assert own_ufunc.outer([1], [2]).tolist() == [[3]]
        """,
        needs=_NUMPY,
    ),
    Case(
        "dtypes, also structured ones with titles and metadata, and nat values are equal",
        make=r"""
        import numpy as np
        titled = np.dtype({"names": ["a"], "formats": ["i4"], "offsets": [4], "titles": ["A"], "itemsize": 16})
        with_metadata = np.dtype("f8", metadata={"unit": "m"})
        moments, spans = np.array(["2020-01-01", "NaT"], "M8[D]"), np.array([1, 2], "m8[h]")
        text_array, string_dtype = np.array(["é", ""]), np.array(["a", "longer"], dtype=np.dtypes.StringDType())
        """,
        check=r"""
        assert titled.fields["A"][0] == np.dtype("i4") and titled.itemsize == 16
        assert dict(with_metadata.metadata) == {"unit": "m"}
        assert np.isnat(moments[1]) and spans[1] == np.timedelta64(2, "h")
        assert text_array[0] == "é" and string_dtype[1] == "longer" and moments.dtype == "M8[D]"
        """,
        needs=_NUMPY,
    ),
    Case(
        "polynomials, matrices, index tricks and error objects work",
        make=r"""
        import numpy as np
        poly, new_poly = np.poly1d([1, 0, -1]), np.polynomial.Chebyshev([1, 2], domain=[0, 1])
        matrix, grid, char_array = np.asmatrix([[1, 2], [3, 4]]), np.ogrid[:2, :3], np.char.array(["a ", "b"])
        flat_it = matrix.flat
        """,
        check=r"""
        assert poly(2) == 3 and new_poly(0.5) == 1.0 and (matrix * matrix)[0, 0] == 7 and type(matrix) is np.matrix
        assert grid[1].shape == (1, 3) and char_array.upper()[0] == "A"
        """,
        needs=_NUMPY,
    ),
    Case(
        "nditer and ndenumerate are made again where they were, or named",
        make=r"""
        import numpy as np
        walked = np.arange(4).reshape(2, 2)
        walker, counter_of_indices = np.nditer(walked), np.ndenumerate(walked)
        next(walker), next(counter_of_indices)
        """,
        check=r"""
        if "walker" in globals():
            assert int(next(walker)) == 1
        if "counter_of_indices" in globals():
            assert next(counter_of_indices) == ((0, 1), 1)
        """,
        needs=_NUMPY,
    ),
    Case(
        "sparse matrices of all kinds multiply, and share data with the arrays they were made of",
        make=r"""
        import numpy as np, scipy.sparse as sp
        sparse_data = np.array([1.0, 2.0])
        csr = sp.csr_array((sparse_data, np.array([0, 1]), np.array([0, 1, 2])), shape=(2, 2))
        lil, dok, coo = sp.lil_matrix((2, 2)), sp.dok_matrix((2, 2)), sp.coo_array(([3], ([0], [1])), shape=(2, 2))
        lil[0, 1], dok[1, 0] = 5, 6
        csr.note = "n"
        """,
        check=r"""
        assert (csr @ np.ones(2)).tolist() == [1, 2] and lil[0, 1] == 5 and dok[1, 0] == 6 and coo.toarray()[0, 1] == 3
        assert csr.note == "n" and np.shares_memory(csr.data, sparse_data)
        """,
        needs=_SCIPY,
    ),
    Case(
        "frozen distributions draw from their own state, and compute the same",
        make=r"""
        import numpy as np, scipy.stats as st
        normal, gamma = st.norm(2, 3), st.gamma(2)
        gamma.random_state = np.random.default_rng(1)
        gamma.rvs(2)
        gamma_twin = np.random.default_rng(1); gamma_twin.gamma(2, size=2)
        kde = st.gaussian_kde([1.0, 2.0, 4.0], bw_method=lambda k: 0.5)
        class OwnDist(st.rv_continuous):
            def _pdf(self, x): return 2 * x
        own_dist = OwnDist(a=0, b=1, name="own")
        """,
        check=r"""
        assert normal.cdf(2) == 0.5 and kde.factor == 0.5 and abs(own_dist.cdf(0.5) - 0.25) < 1e-6
        assert type(own_dist) is OwnDist and kde(1.5).shape == (1,)
        assert gamma.random_state.bit_generator.state == gamma_twin.bit_generator.state
        """,
        needs=_SCIPY,
    ),
    Case(
        "interpolators, splines, results of optimisers and of solvers are callable",
        make=r"""
        import numpy as np
        from scipy import interpolate, optimize, integrate, spatial
        spline = interpolate.UnivariateSpline(range(6), range(6), s=0)
        cubic = interpolate.CubicSpline([0, 1, 2], [0, 1, 4])
        linear = interpolate.interp1d([0, 1], [0, 10])
        optimum = optimize.minimize(lambda v: (v[0] - 1) ** 2, [0.0])
        trajectory = integrate.solve_ivp(lambda t, y: -y, (0, 1), [1.0], dense_output=True)
        tree_of_points = spatial.cKDTree(np.eye(3))
        """,
        check=r"""
        assert abs(spline(2.5) - 2.5) < 1e-9 and abs(cubic(1.5) - 2.25) < 1e-9 and linear(0.5) == 5
        assert abs(optimum.x[0] - 1) < 1e-4 and abs(trajectory.sol(1.0)[0] - np.exp(-1)) < 1e-2
        assert tree_of_points.query([1, 0, 0])[1] == 0
        """,
        needs=_SCIPY,
    ),
    Case(
        "an operator of a user function, and a factorisation, solve or are named",
        make=r"""
        import numpy as np, scipy.sparse as sparse, scipy.sparse.linalg as sla
        doubling = sla.LinearOperator((2, 2), matvec=lambda v: 2 * v)
        factorised = sla.splu(sparse.csc_matrix(np.diag([2.0, 4.0])))
        solve_factorised = sla.factorized(sparse.csc_matrix(np.eye(2)))
        """,
        check=r"""
        assert (doubling @ np.ones(2)).tolist() == [2, 2]
        if "factorised" in globals():
            assert factorised.solve(np.array([2.0, 4.0])).tolist() == [1, 1]
        if "solve_factorised" in globals():
            assert solve_factorised(np.ones(2)).tolist() == [1, 1]
        """,
        needs=_SCIPY,
    ),
    Case(
        "an object that speaks the array protocol, and one with __array_ufunc__, still do",
        make=r"""
        import numpy as np
        class Series2:
            def __init__(self, data): self.data = data
            def __array__(self, dtype=None, copy=None): return np.asarray(self.data, dtype=dtype)
            def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
                return Series2([getattr(ufunc, method)(*(i.data if isinstance(i, Series2) else i for i in inputs))])
        series_two = Series2([1, 2])
        interface_owner = np.arange(3)
        class Borrowing:
            def __init__(self, array): self.array = array
            @property
            def __array_interface__(self): return self.array.__array_interface__
        borrowing = Borrowing(interface_owner)
        """,
        check=r"""
        assert np.asarray(series_two).tolist() == [1, 2] and np.negative(series_two).data[0].tolist() == [-1, -2]
        assert np.shares_memory(np.asarray(borrowing), interface_owner) and borrowing.array is interface_owner
        """,
        needs=_NUMPY,
    ),
)
