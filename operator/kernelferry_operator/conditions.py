"""Status conditions of a NotebookMigration, as the Kubernetes API conventions want them.

`kubectl wait`, dashboards and other controllers read conditions and nothing else, and they rely on details: above all
that `lastTransitionTime` moves only when `status` does, else every reconcile would look like news. The rules here are
those of apimachinery's `meta.SetStatusCondition`, which the whole ecosystem uses.

Pure: no clock, no API. What we write is checked strictly, in `set_condition`. What we read is taken as it is: the API
server has accepted it once, and a condition that another release wrote must survive a reconcile of this one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from enum import Enum
from typing import Any

# The API allows more (colons, commas, underscores); its conventions ask for CamelCase.
_REASON = re.compile(r"[A-Z][A-Za-z0-9]{0,1023}")
# The limit in metav1.Condition, counted in characters. The API server would refuse the whole status.
_MESSAGE_LIMIT = 32768
# metav1.Time has seconds and UTC, nothing else.
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


class ConditionType(str, Enum):
    """What is said about a migration, in the order in which it becomes true."""

    ACCEPTED = "Accepted"
    TARGET_SCHEDULED = "TargetScheduled"
    CHECKPOINT_STORED = "CheckpointStored"
    COMMITTED = "Committed"
    RESTORED = "Restored"
    SOURCE_RELEASED = "SourceReleased"
    SUCCEEDED = "Succeeded"


class ConditionStatus(str, Enum):
    """Whether it holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One condition.

    Args:
        type: what is said. A plain text only where another release wrote a type that this one does not know.
        status: whether it holds.
        reason: why, in one CamelCase word that programs may compare.
        message: why, in sentences for people.
        observed_generation: the `metadata.generation` that was looked at.
        last_transition_time: since when `status` is what it is; with time zone. None before it is first set.
    """

    type: ConditionType | str
    status: ConditionStatus
    reason: str
    message: str = ""
    observed_generation: int | None = None
    last_transition_time: datetime | None = None

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Condition:
        """Read a condition from the API's spelling.

        Raises:
            KeyError: type, status or reason is missing.
            ValueError: the status or the time is nothing that the API server lets through.
        """
        time = data.get("lastTransitionTime")
        return cls(
            type=_known_type(data["type"]),
            status=ConditionStatus(data["status"]),
            reason=data["reason"],
            message=data.get("message", ""),
            observed_generation=data.get("observedGeneration"),
            last_transition_time=None if time is None else _parse_time(time),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the API's spelling; what is None is left out."""
        data: dict[str, Any] = {
            # The bare text: YAML writers know no enum, even where it is a str.
            "type": str.__str__(self.type),
            "status": self.status.value,
            "reason": self.reason,
            "message": self.message,
        }
        if self.observed_generation is not None:
            data["observedGeneration"] = self.observed_generation
        if self.last_transition_time is not None:
            data["lastTransitionTime"] = self.last_transition_time.strftime(_TIME_FORMAT)
        return data


def set_condition(conditions: Iterable[Condition], new: Condition, *, now: datetime) -> tuple[Condition, ...]:
    """Return the conditions with one of them set; equal to what was given when there is no news.

    A condition of the same type is replaced where it stands, others keep their place, and a new type goes to the end.

    Args:
        conditions: those of the status.
        new: the condition to set. Its time, where it has one, stands in for `now`.
        now: the time of the transition, if this is one; with time zone. Fractions of a second are cut off.

    Raises:
        ValueError: reason or message is nothing that may be written, or a time has no zone.
    """
    _check(new)
    before = tuple(conditions)
    old = next((condition for condition in before if condition.type == new.type), None)
    if old is not None and old.status == new.status:
        time = old.last_transition_time
    else:
        time = _whole_seconds(new.last_transition_time or now)
    new = replace(new, last_transition_time=time)
    if old is None:
        return (*before, new)
    return tuple(new if condition is old else condition for condition in before)


def _check(condition: Condition) -> None:
    if not _REASON.fullmatch(condition.reason):
        msg = f"a condition's reason is one CamelCase word, not {condition.reason!r}"
        raise ValueError(msg)
    if len(condition.message) > _MESSAGE_LIMIT:
        msg = f"a condition's message has at most {_MESSAGE_LIMIT} characters, not {len(condition.message)}"
        raise ValueError(msg)


def _known_type(name: str) -> ConditionType | str:
    try:
        return ConditionType(name)
    except ValueError:
        return name


def _parse_time(text: str) -> datetime:
    return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=timezone.utc)


def _whole_seconds(time: datetime) -> datetime:
    if time.tzinfo is None:
        msg = f"{time} has no time zone"
        raise ValueError(msg)
    # As the API server will give it back: otherwise what was written would differ from what is read.
    return time.astimezone(timezone.utc).replace(microsecond=0)
