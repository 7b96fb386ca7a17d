"""What is written as JSON comes back as it was; what is not as it should be is named and refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.api import plain


@dataclass(frozen=True)
class Leaf:
    number: int
    kind: Literal["a", "b"] = "a"


@dataclass(frozen=True)
class Tree:
    text: str
    share: float = 0.0
    good: bool = True
    maybe: str | None = None
    leaves: tuple[Leaf, ...] = ()
    by_name: Mapping[str, Leaf] = field(default_factory=dict)
    foreign: object = None


TEXT = st.text(st.characters())  # surrogates too: names of files and variables may hold them
LEAVES = st.builds(Leaf, st.integers(), st.sampled_from(["a", "b"]))
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBERS | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=10,
)
TREES = st.builds(
    Tree,
    text=TEXT,
    share=NUMBERS,
    good=st.booleans(),
    maybe=st.none() | TEXT,
    leaves=st.lists(LEAVES).map(tuple),
    by_name=st.dictionaries(TEXT, LEAVES),
    foreign=JSON,
)


@given(TREES)
def test_every_value_comes_back_as_it_was(tree: Tree) -> None:
    assert plain.decode(Tree, plain.loads(plain.dumps(tree))) == tree


@given(TREES)
def test_there_is_one_spelling_and_it_is_ascii(tree: Tree) -> None:
    text = plain.dumps(tree)
    assert text.isascii()
    assert plain.dumps(plain.decode(Tree, plain.loads(text))) == text


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "the whole: expected an object"),
        ({}, "text: is absent"),
        ({"text": 1}, "text: expected text, found 1"),
        ({"text": "", "share": True}, "share: expected a number, found True"),
        ({"text": "", "share": "1"}, "share: expected a number"),
        ({"text": "", "good": 1}, "good: expected bool"),
        ({"text": "", "maybe": 1}, "maybe: expected text"),
        ({"text": "", "leaves": {}}, "leaves: expected a list"),
        ({"text": "", "leaves": [{"number": 1}, {"number": True}]}, r"leaves\[1\]\.number: expected a whole number"),
        ({"text": "", "leaves": [{"number": 1, "kind": "c"}]}, r"leaves\[0\]\.kind: expected 'a' or 'b', found 'c'"),
        ({"text": "", "leaves": [{"number": 1, "kind": []}]}, r"leaves\[0\]\.kind: expected 'a' or 'b', found \[\]"),
        ({"text": "", "by_name": []}, "by_name: expected an object"),
        ({"text": "", "by_name": {"x": None}}, "by_name.x: expected an object"),
        ({"text": ["x"] * 100}, "…"),
    ],
)
def test_a_wrong_field_is_refused_by_its_name(data: object, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        plain.decode(Tree, data)


def test_unknown_fields_are_ignored_and_absent_ones_take_their_default() -> None:
    assert plain.decode(Tree, {"text": "x", "from the future": {}}) == Tree("x")


def test_a_whole_number_may_stand_for_a_number() -> None:
    tree = plain.decode(Tree, {"text": "x", "share": 1})
    assert isinstance(tree.share, float)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_lacks_are_refused_by_their_place(number: float) -> None:
    with pytest.raises(ValueError, match="share: expected a finite number"):
        plain.dumps(Tree("x", share=number))


@pytest.mark.parametrize(
    ("value", "complaint"),
    [({1: 2}, "foreign: expected text as key"), ({"a": [b"x"]}, r"foreign.a\[0\]: expected a value that JSON has")],
)
def test_what_is_no_json_is_refused_by_its_place(value: Any, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        plain.dumps(Tree("x", foreign=value))


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "", "[" * 100_000])
def test_what_is_no_json_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever the text, it is the class that callers catch
        plain.loads(text)
