"""Conditions behave as the Kubernetes ecosystem expects."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernelferry.api import FerryError
from kernelferry_operator.conditions import Condition, ConditionStatus, ConditionType, set_condition

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)
LATER = NOW + timedelta(minutes=5)

zones = st.builds(timezone, st.timedeltas(timedelta(hours=-14), timedelta(hours=14)))
times = st.builds(datetime.fromtimestamp, st.floats(0, 4e9), zones)
conditions = st.builds(
    Condition,
    type=st.sampled_from(ConditionType) | st.sampled_from(["Paused", "Queued"]),
    status=st.sampled_from(ConditionStatus),
    reason=st.from_regex(r"[A-Z][A-Za-z0-9]{0,20}", fullmatch=True),
    message=st.text(max_size=50),
    observed_generation=st.none() | st.integers(0, 100),
    last_transition_time=st.none() | times,
)


def condition(kind: ConditionType = ConditionType.ACCEPTED, **changes: object) -> Condition:
    made = Condition(type=kind, status=ConditionStatus.TRUE, reason="AsSpecified", message="The pod can move.")
    return replace(made, **changes)  # type: ignore[arg-type]


def test_the_condition_types_are_those_of_the_resource() -> None:
    assert [kind.value for kind in ConditionType] == [
        "Accepted",
        "TargetScheduled",
        "CheckpointStored",
        "Committed",
        "Restored",
        "SourceReleased",
        "Succeeded",
    ]


def test_a_first_condition_begins_now() -> None:
    (held,) = set_condition((), condition(observed_generation=3), now=NOW)
    assert held.to_dict() == {
        "type": "Accepted",
        "status": "True",
        "reason": "AsSpecified",
        "message": "The pod can move.",
        "observedGeneration": 3,
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }


def test_another_reason_is_no_transition() -> None:
    before = set_condition((), condition(observed_generation=1), now=NOW)
    (held,) = set_condition(before, condition(reason="Again", message="Still.", observed_generation=2), now=LATER)
    assert (held.reason, held.message, held.observed_generation) == ("Again", "Still.", 2)
    assert held.last_transition_time == NOW


def test_another_status_is_a_transition() -> None:
    before = set_condition((), condition(), now=NOW)
    (held,) = set_condition(before, condition(status=ConditionStatus.FALSE), now=LATER)
    assert held.last_transition_time == LATER


def test_a_condition_that_brings_its_time_transitions_then() -> None:
    (held,) = set_condition((), condition(last_transition_time=NOW), now=LATER)
    assert held.last_transition_time == NOW
    (held,) = set_condition((held,), condition(last_transition_time=LATER), now=LATER)
    assert held.last_transition_time == NOW


@given(st.lists(conditions, max_size=8), conditions, times, times)
def test_setting_the_same_again_changes_nothing(
    several: list[Condition], new: Condition, now: datetime, later: datetime
) -> None:
    held: tuple[Condition, ...] = ()
    for one in several:
        held = set_condition(held, one, now=now)
    once = set_condition(held, new, now=now)
    assert set_condition(once, new, now=later) == once


@given(st.lists(conditions, max_size=8), conditions, times)
def test_setting_one_leaves_the_others_as_and_where_they_are(
    several: list[Condition], new: Condition, now: datetime
) -> None:
    held: tuple[Condition, ...] = ()
    for one in several:
        held = set_condition(held, one, now=now)
    after = set_condition(held, new, now=now)
    kinds = [one.type for one in held]
    assert [one.type for one in after] == (kinds if new.type in kinds else [*kinds, new.type])
    assert [one for one in after if one.type != new.type] == [one for one in held if one.type != new.type]


@given(conditions, times)
def test_what_is_set_reads_back_from_the_api_as_it_was(new: Condition, now: datetime) -> None:
    held = set_condition((), new, now=now)
    spelled = json.loads(json.dumps([one.to_dict() for one in held]))
    assert tuple(Condition.from_dict(one) for one in spelled) == held


def test_what_is_not_known_is_left_out_and_read_back_as_none() -> None:
    spelled = condition().to_dict()
    assert set(spelled) == {"type", "status", "reason", "message"}
    assert Condition.from_dict(spelled) == condition()


def test_the_api_spelling_holds_plain_texts_only() -> None:
    assert {type(value) for value in condition().to_dict().values()} == {str}


def test_a_condition_of_another_release_survives() -> None:
    foreign = {
        "type": "Hibernated",
        "status": "Unknown",
        "reason": "as:others_like,it",
        "message": "",
        "lastTransitionTime": "2026-11-23T12:00:00Z",
    }
    held = set_condition((Condition.from_dict(foreign),), condition(), now=NOW)
    assert held[0].to_dict() == foreign


@pytest.mark.parametrize(
    "reason", ["", "notPascal", "Two Words", "With_Underscore", "Ünlike", "1st", "Ends\n", "X" * 1025]
)
def test_a_reason_that_is_not_pascal_case_is_refused(reason: str) -> None:
    with pytest.raises(ValueError, match="reason"):
        set_condition((), condition(reason=reason), now=NOW)


def test_the_longest_message_is_let_through_and_a_longer_one_refused() -> None:
    (held,) = set_condition((), condition(message="ß" * 32768), now=NOW)
    assert len(held.message) == 32768
    with pytest.raises(ValueError, match="32769"):
        set_condition((), condition(message="x" * 32769), now=NOW)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        set_condition((), condition(), now=NOW.replace(tzinfo=None))


@pytest.mark.parametrize(("key", "value"), [("status", "true"), ("lastTransitionTime", "yesterday")])
def test_what_the_api_server_never_lets_through_is_not_read(key: str, value: str) -> None:
    with pytest.raises(ValueError, match=value):
        Condition.from_dict({**condition().to_dict(), key: value})


def test_the_reason_of_every_error_of_ours_can_stand_in_a_condition() -> None:
    error = FerryError(problem="a", state="b", remedy="c")
    for kind in (type(error), *FerryError.__subclasses__()):
        (held,) = set_condition((), condition(reason=kind.__name__), now=NOW)
        assert held.reason == kind.__name__
