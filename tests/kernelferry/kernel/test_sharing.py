"""Who holds the same objects, and who may."""

from __future__ import annotations

from kernelferry.kernel.contents import FIXED, UNKNOWN, Footprint
from kernelferry.kernel.sharing import LARGEST, Sharing


def known(*ids: int) -> Footprint:
    return Footprint(frozenset(ids))


def test_names_are_found_by_the_objects_that_they_hold() -> None:
    sharing = Sharing()
    sharing.update("a", known(1, 2))
    sharing.update("b", known(2, 3))
    sharing.update("n", FIXED)
    assert sharing.holders({2}, ()) == {"a", "b"}
    sharing.update("b", known(3))
    assert sharing.holders({2}, ()) == {"a"}
    sharing.forget("a")
    assert sharing.holders({1, 2}, ()) == set()


def test_an_incomplete_name_may_share_with_all_that_it_has_met() -> None:
    sharing = Sharing()
    for name, footprint in {"big": UNKNOWN, "a": known(1), "b": known(2), "n": FIXED}.items():
        sharing.update(name, footprint)
    sharing.meet({"big", "a", "n"})
    assert sharing.holders({1}, {"a"}) == {"a", "big"}
    assert sharing.holders({2}, {"b"}) == {"b"}
    sharing.meet({"a", "b"})
    assert sharing.holders({2}, {"b"}) == {"b", "big"}
    assert sharing.holders((), {"big"}) == {"big", "a", "b"}


def test_whoever_shares_with_a_name_meets_whom_it_meets() -> None:
    sharing = Sharing()
    for name, footprint in {"big": UNKNOWN, "a": known(1), "b": known(1)}.items():
        sharing.update(name, footprint)
    sharing.meet({"big", "a"})
    sharing.forget("a")
    assert sharing.holders({1}, {"b"}) == {"b", "big"}


def test_a_group_of_known_names_needs_no_group() -> None:
    sharing = Sharing()
    sharing.update("a", UNKNOWN)
    sharing.update("b", known(2))
    sharing.meet({"a", "b"})
    sharing.update("a", known(1))
    sharing.meet({"a"})
    assert sharing.holders({2}, {"b"}) == {"b"}


def test_a_name_that_grows_too_large_keeps_its_company() -> None:
    sharing = Sharing()
    sharing.update("a", known(1, 2))
    sharing.update("b", known(2))
    sharing.update("a", known(*range(10, 20 + LARGEST)))
    assert sharing.holders({2}, {"b"}) == {"a", "b"}


def test_a_name_bound_to_something_else_leaves_its_group() -> None:
    sharing = Sharing()
    for name in ("a", "b"):
        sharing.update(name, UNKNOWN)
    sharing.meet({"a", "b"})
    sharing.leave("a")
    assert sharing.holders((), {"b"}) == {"b"}
