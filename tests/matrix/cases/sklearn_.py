"""Models: they predict the same, and go on learning from where they were."""

from __future__ import annotations

from tests.matrix.case import Case

_SKLEARN = ("sklearn",)

CASES = (
    Case(
        "a pipeline with functions and lambdas of the user predicts the same",
        make=r"""
        import numpy as np
        from sklearn.linear_model import LinearRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import FunctionTransformer, StandardScaler
        def with_square(X): return np.hstack([X, X ** 2])
        X_pipe = np.arange(10.0).reshape(-1, 1)
        pipe = make_pipeline(
            FunctionTransformer(with_square), FunctionTransformer(lambda X: X + offset_of_pipe), StandardScaler(),
            LinearRegression(),
        )
        offset_of_pipe = 1
        pipe.fit(X_pipe, X_pipe.ravel() ** 2)
        pipe_before = pipe.predict(X_pipe)
        scaler_of_pipe = pipe[2]
        """,
        check=r"""
        assert np.allclose(pipe.predict(X_pipe), pipe_before) and pipe[2] is scaler_of_pipe
        assert pipe[0].func is with_square
        offset_of_pipe = 2
        assert not np.allclose(pipe.predict(X_pipe), pipe_before)
        """,
        needs=_SKLEARN,
    ),
    Case(
        "an estimator of the user's own is cloned, fitted and searched over",
        make=r"""
        import numpy as np
        from sklearn.base import BaseEstimator, RegressorMixin
        class MeanPlus(RegressorMixin, BaseEstimator):
            def __init__(self, plus=0.0): self.plus = plus
            def fit(self, X, y): self.mean_ = float(np.mean(y)); return self
            def predict(self, X): return np.full(len(X), self.mean_ + self.plus)
        mean_plus = MeanPlus(plus=1).fit(np.zeros((4, 1)), [1, 2, 3, 4])
        """,
        check=r"""
        from sklearn.base import clone
        from sklearn.model_selection import GridSearchCV
        assert mean_plus.predict([[0]])[0] == 3.5 and type(clone(mean_plus)) is MeanPlus
        found = GridSearchCV(mean_plus, {"plus": [0, 5]}, cv=2).fit(np.zeros((4, 1)), [1.0, 1, 1, 1])
        assert found.best_params_ == {"plus": 0} and isinstance(mean_plus, BaseEstimator)
        """,
        needs=_SKLEARN,
    ),
    Case(
        "a finished search keeps its best model, scorer of the user and table of results",
        make=r"""
        import numpy as np
        from sklearn.linear_model import Ridge
        from sklearn.metrics import make_scorer
        from sklearn.model_selection import GridSearchCV, KFold
        def negative_error(y, p): return -float(np.abs(y - p).max())
        folds = KFold(3, shuffle=True, random_state=0)
        search = GridSearchCV(Ridge(), {"alpha": [0.1, 10]}, scoring=make_scorer(negative_error), cv=folds)
        X_search = np.arange(12.0).reshape(-1, 1)
        search.fit(X_search, X_search.ravel())
        best_of_search = search.best_estimator_
        """,
        check=r"""
        assert search.best_params_ == {"alpha": 0.1} and search.best_estimator_ is best_of_search and search.cv is folds
        assert search.scorer_._score_func is negative_error and len(search.cv_results_["params"]) == 2
        assert search.predict([[3.0]])[0] == best_of_search.predict([[3.0]])[0]
        """,
        needs=_SKLEARN,
    ),
    Case(
        "forests, boosted trees, neighbours and clusters predict bit for bit the same",
        make=r"""
        import numpy as np
        from sklearn.cluster import KMeans
        from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestClassifier
        from sklearn.neighbors import KNeighborsClassifier
        rng_of_models = np.random.default_rng(0)
        X_models = rng_of_models.normal(size=(60, 3))
        y_models = (X_models.sum(axis=1) > 0).astype(int)
        models = [
            RandomForestClassifier(5, random_state=1), HistGradientBoostingRegressor(max_iter=5),
            KNeighborsClassifier(3, metric=lambda a, b: float(np.abs(a - b).sum())),
            KMeans(2, n_init=1, random_state=0),
        ]
        predictions = [m.fit(X_models, y_models).predict(X_models) for m in models]
        """,
        check=r"""
        assert all((m.predict(X_models) == p).all() for m, p in zip(models, predictions, strict=True))
        assert models[0].classes_.tolist() == [0, 1] and models[0].estimators_[0].tree_.node_count > 1
        """,
        needs=_SKLEARN,
    ),
    Case(
        "a model that learns step by step goes on learning with its own random state",
        make=r"""
        import numpy as np
        from sklearn.linear_model import SGDClassifier
        state_of_sgd = np.random.RandomState(3)
        sgd, sgd_twin = SGDClassifier(random_state=state_of_sgd), SGDClassifier(random_state=np.random.RandomState(3))
        X_sgd, y_sgd = np.arange(20.0).reshape(-1, 1) / 20, np.arange(20) // 10
        for each_sgd in (sgd, sgd_twin): each_sgd.partial_fit(X_sgd, y_sgd, classes=[0, 1])
        """,
        check=r"""
        for each_sgd in (sgd, sgd_twin): each_sgd.partial_fit(X_sgd, y_sgd)
        assert sgd.random_state is state_of_sgd and (sgd.coef_ == sgd_twin.coef_).all() and sgd.t_ == sgd_twin.t_
        """,
        needs=_SKLEARN,
    ),
    Case(
        "a generator of cross-validation splits is put back where it was, or named",
        make=r"""
        import numpy as np
        from sklearn.model_selection import KFold, ShuffleSplit
        splitter = ShuffleSplit(3, random_state=0)
        splits = splitter.split(np.zeros((6, 1)))
        first_split = next(splits)
        all_splits = list(splitter.split(np.zeros((6, 1))))
        """,
        check=r"""
        assert (all_splits[0][1] == first_split[1]).all()
        if "splits" in globals():
            assert (next(splits)[1] == all_splits[1][1]).all()
        """,
        needs=_SKLEARN,
    ),
    Case(
        "a column transformer on a frame, and a vectoriser with a user's tokeniser, transform the same",
        make=r"""
        import pandas as pd
        from sklearn.compose import ColumnTransformer, make_column_selector
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.preprocessing import OneHotEncoder
        table_of_people = pd.DataFrame({"age": [1.0, 2.0], "city": ["x", "y"]})
        columns_to = ColumnTransformer(
            [("num", "passthrough", ["age"]), ("cat", OneHotEncoder(), make_column_selector(dtype_exclude="number"))]
        ).set_output(transform="default")
        transformed = columns_to.fit_transform(table_of_people)
        vectoriser = CountVectorizer(tokenizer=lambda text: text.split("-"), token_pattern=None).fit(["a-b", "b-c"])
        """,
        check=r"""
        assert (columns_to.transform(table_of_people) == transformed).all()
        assert vectoriser.transform(["b-b"]).toarray().tolist() == [[0, 2, 0]]
        """,
        needs=("sklearn", "pandas"),
    ),
    Case(
        "a fitted model as a global of a function, and in a dictionary, is one model",
        make=r"""
        import numpy as np
        from sklearn.naive_bayes import GaussianNB
        bayes = GaussianNB().fit([[0.0], [1.0]], [0, 1])
        def serve(x): return int(bayes.predict([[x]])[0])
        served_by = {"model": bayes, "serve": serve, "mean": bayes.theta_}
        """,
        check=r"""
        assert served_by["model"] is bayes and serve(0.9) == 1 and served_by["mean"] is bayes.theta_
        bayes.partial_fit([[5.0]], [0])
        assert served_by["serve"](0.4) == serve(0.4)
        """,
        needs=_SKLEARN,
    ),
    Case(
        "a joblib memory and a delayed call work or are named",
        make=r"""
        import joblib
        disk_memory = joblib.Memory("joblib-cache", verbose=0)
        def squared_slowly(x): return x * x
        delayed_call = joblib.delayed(squared_slowly)(3)
        memorised = disk_memory.cache(squared_slowly)
        """,
        check=r"""
        assert delayed_call[0] is squared_slowly and delayed_call[1] == (3,)
        if "memorised" in globals():
            assert memorised(4) == 16
        """,
        needs=("joblib",),
    ),
)
