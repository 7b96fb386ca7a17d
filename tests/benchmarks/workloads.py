"""Sessions to measure with: the cells that make them, and what must hold of them after a load."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    """A session.

    Args:
        name: for the table.
        cells: make it.
        checks: expressions that are true in it.
        graph: whether it is one of the object graphs, for which the target is higher.
    """

    name: str
    cells: tuple[str, ...]
    checks: tuple[str, ...]
    graph: bool = False


def dicts(scale: float) -> Workload:
    """Many small dictionaries."""
    size = int(200_000 * scale)
    return Workload(
        f"{_k(size)} dicts",
        (f"rows = [{{'a': i, 'b': str(i), 'c': [i, i + 1]}} for i in range({size})]",),
        (f"len(rows) == {size}", f"rows[-1] == {{'a': {size - 1}, 'b': '{size - 1}', 'c': [{size - 1}, {size}]}}"),
        graph=True,
    )


def mapping(scale: float) -> Workload:
    """One large dictionary."""
    size = int(1_000_000 * scale)
    return Workload(
        f"dict of {_k(size)} int → str",
        (f"table = {{i: str(i) for i in range({size})}}",),
        (f"len(table) == {size}", f"table[{size - 1}] == '{size - 1}'"),
        graph=True,
    )


def frame(scale: float, dtype: str) -> Workload:
    """A frame with numbers and texts, as objects or as pandas keeps them by default."""
    size = int(1_000_000 * scale)
    made = f"pd.Series([f'text {{i}}' for i in range({size})], dtype={dtype!r})"
    return Workload(
        f"frame of {_k(size)} rows, int and {'object' if dtype == 'object' else 'default'} strings",
        ("import numpy as np\nimport pandas as pd", f"frame = pd.DataFrame({{'n': np.arange({size}), 's': {made}}})"),
        (
            f"frame.shape == ({size}, 2)",
            f"str(frame.dtypes['s']) == {dtype!r}",
            f"frame['s'].iloc[-1] == 'text {size - 1}'",
            f"int(frame['n'].sum()) == {size * (size - 1) // 2}",
        ),
        graph=dtype == "object",
    )


def instances(scale: float) -> Workload:
    """Many instances of a class of the session."""
    size = int(200_000 * scale)
    made = (
        "class Point:\n    def __init__(self, x, name):\n        self.x = x\n        self.name = name\n"
        "    def norm(self):\n        return abs(self.x)"
    )
    return Workload(
        f"{_k(size)} instances of a class of the session",
        (made, f"points = [Point(i, str(i)) for i in range({size})]"),
        (
            f"len(points) == {size}",
            f"points[-1].norm() == {size - 1}",
            "type(points[0]) is Point",
            f"points[-1].name == '{size - 1}'",
        ),
        graph=True,
    )


def small(scale: float) -> Workload:
    """Many small variables."""
    size = int(1000 * min(1.0, scale * 2))
    cells = tuple(
        "\n".join(f"v{i} = {{'n': {i}, 't': ['{i}', {i}.5]}}" for i in range(start, min(start + 10, size)))
        for start in range(0, size, 10)
    )
    last = size - 1
    return Workload(f"{size} small variables", cells, (f"v{last} == {{'n': {last}, 't': ['{last}', {last}.5]}}",))


def deep(scale: float) -> Workload:
    """A list in a list in a list."""
    size = int(100_000 * scale)
    depth = "def depth(box):\n    count = 0\n    while box:\n        box, count = box[0], count + 1\n    return count"
    return Workload(
        f"{_k(size)} nested lists",
        (depth, f"nest = []\nfor i in range({size}):\n    nest = [nest]"),
        (f"depth(nest) == {size}",),
    )


def array(megabytes: float) -> Workload:
    """One array of random numbers, which does not compress."""
    size = int(megabytes * 1e6 / 8)
    return Workload(
        f"array of {size * 8 / 1e6:.0f} MB",
        ("import numpy as np", f"big = np.random.default_rng(1).random({size})", "expected = float(big.sum())"),
        (f"big.shape == ({size},)", "float(big.sum()) == expected"),
    )


def typical(scale: float) -> Workload:
    """What a data scientist's notebook holds in the afternoon: some 300 MB."""
    rows = int(1_500_000 * scale)
    trained = int(100_000 * scale)
    text = _TYPICAL.replace("ROWS", str(rows)).replace("TRAINED", str(trained))
    cells = tuple(text.strip().split("\n\n"))
    checks = (
        f"len(sales) == {rows}",
        f"len(joined) == {rows}",
        "revenue(sales) == (sales['amount'] * sales['units']).sum()",
        "sum(basket.taxed() for basket in baskets) == total",
        "any(basket is best for basket in baskets)",
        "type(best) is Basket",
        f"model.score(features[-{trained}:][:1000], labels[-{trained}:][:1000]) > 0.8",
        "len(axes) == 2 and axes[0].figure is figure",
        "notes['score'] == score",
        "pivot.shape == (12, 5)",
    )
    return Workload("typical session", cells, checks)


_TYPICAL = """
import numpy as np
import pandas as pd
import matplotlib.pyplot as plt

from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

seed = 7
rng = np.random.default_rng(seed)

sales = pd.DataFrame({
    'day': pd.Timestamp('2024-01-01') + pd.to_timedelta(rng.integers(0, 730, ROWS), unit='D'),
    'shop': rng.integers(0, 500, ROWS),
    'item': rng.choice(np.array(['tea', 'coffee', 'bread', 'milk', 'apples']), ROWS),
    'amount': rng.gamma(2.0, 10.0, ROWS),
    'units': rng.integers(1, 9, ROWS),
})

sales.head()

shops = pd.DataFrame({'shop': range(500), 'town': [f'town {i % 40}' for i in range(500)]})

def revenue(frame):
    return (frame['amount'] * frame['units']).sum()

class Basket:
    def __init__(self, item, total):
        self.item, self.total = item, total
    def taxed(self, rate=0.2):
        return self.total * (1 + rate)

daily = sales.groupby('day').agg({'amount': ['sum', 'mean', 'std'], 'units': 'sum'})

joined = sales.merge(shops, on='shop', how='left')

joined['month'] = joined['day'].dt.month
joined['weekday'] = joined['day'].dt.weekday

by_town = joined.groupby(['town', 'item'])['amount'].describe()

features = joined[['amount', 'units', 'month', 'weekday', 'shop']].to_numpy(dtype=float)
labels = (features[:, 0] * features[:, 1] > 90).astype(int)

model = make_pipeline(StandardScaler(), RandomForestClassifier(20, max_depth=10, random_state=seed))
model.fit(features[:TRAINED], labels[:TRAINED])

score = model.score(features[-TRAINED:], labels[-TRAINED:])
score

figure, axes = plt.subplots(1, 2, figsize=(10, 4))
axes[0].plot(daily.index, daily[('amount', 'sum')])
axes[1].hist(sales['amount'], bins=80)

baskets = [Basket(item, amount) for item, amount in zip(sales['item'][:20000], sales['amount'][:20000])]

total = sum(basket.taxed() for basket in baskets)

best = max(baskets, key=lambda basket: basket.total)

x = 1 + 1

notes = {'best': best.item, 'score': score}

pivot = joined.pivot_table(index='month', columns='item', values='amount', aggfunc='sum')

len(notes)
"""


def graphs(scale: float) -> list[Workload]:
    """The object graphs, and frames."""
    return [dicts(scale), mapping(scale), frame(scale, "object"), instances(scale), frame(scale, "str")]


def others(scale: float) -> list[Workload]:
    """What else is saved."""
    return [small(scale), deep(scale), array(500 * scale), typical(scale)]


def _k(size: int) -> str:
    return f"{size / 1e6:g}M" if size >= 1_000_000 else f"{size / 1000:g}k"
