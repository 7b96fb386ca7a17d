"""Errors tell a person three things, and arrive whole wherever they are sent."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import pytest

from kernelferry.api import FerryError, SchemaTooNew, errors


def _tree(root: type[FerryError]) -> Iterator[type[FerryError]]:
    yield root
    for leaf in root.__subclasses__():
        yield from _tree(leaf)


ALL_ERRORS = sorted(_tree(FerryError), key=lambda kind: kind.__name__)


def _error(kind: type[FerryError]) -> FerryError:
    return kind(problem="The store is full.", state="Nothing is lost.", remedy="Make room in it.")


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_text_is_problem_state_and_remedy_in_this_order(kind: type[FerryError]) -> None:
    assert str(_error(kind)) == "The store is full. Nothing is lost. Make room in it."


@pytest.mark.parametrize("missing", ["problem", "state", "remedy"])
def test_none_of_the_three_sentences_can_be_left_out(missing: str) -> None:
    sentences = {"problem": "a", "state": "b", "remedy": "c"}
    del sentences[missing]
    with pytest.raises(TypeError, match=missing):
        FerryError(**sentences)


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_every_error_survives_the_way_to_another_process(kind: type[FerryError]) -> None:
    sent = _error(kind)
    for arrived in (pickle.loads(pickle.dumps(sent)), copy.copy(sent)):  # noqa: S301 - made in the same line
        assert type(arrived) is kind
        assert str(arrived) == str(sent)
        assert vars(arrived) == vars(sent)


def test_notes_survive_the_way_to_another_process_too() -> None:
    sent = _error(FerryError)
    sent.__dict__["__notes__"] = ["while saving df"]  # as add_note does from Python 3.11 on
    arrived = pickle.loads(pickle.dumps(sent))  # noqa: S301 - made in the line above
    assert arrived.__notes__ == ["while saving df"]


@pytest.mark.parametrize("kind", ALL_ERRORS)
def test_the_module_docstring_draws_every_error_in_the_tree(kind: type[FerryError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


def test_reason_is_the_name_of_the_leaf() -> None:
    assert _error(SchemaTooNew).reason == "SchemaTooNew"
