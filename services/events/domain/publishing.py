"""Decides which events of concurrent publishers come into the log: an id counts once, and a call is all or nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.events.domain.events import Draft, Published
from services.events.domain.refusals import EventIdReused


class Known(NamedTuple):
    """An event that is there: its content, and its position, or its row among those that are added now."""

    digest: bytes
    position: int = 0
    row: int = -1


class Admitted(NamedTuple):
    """An event to be added."""

    id: str
    draft: Draft
    digest: bytes
    publisher: str


@dataclass(slots=True)
class Admission:
    """One batch of calls, one after another. `known` are the ids of theirs that are there already."""

    known: dict[str, Known]
    now: datetime
    make_id: Callable[[], str]
    rows: list[Admitted] = field(default_factory=list)
    later: list[Admitted] = field(default_factory=list)

    def admit(self, drafts: Sequence[Draft], publisher: str) -> list[tuple[str, Known, bool]]:
        """Takes in a call: id, place, and whether it is a duplicate, of each event. Refuses it whole, or not at all."""
        seen: dict[str, Known] = {}
        rows: list[Admitted] = []
        later: list[Admitted] = []
        done: list[tuple[str, Known, bool]] = []
        for draft in drafts:
            digest = draft.digest
            # An id that is made here is nobody's yet: only those that came with one are looked up.
            before = (seen.get(draft.id) or self.known.get(draft.id)) if draft.id else None
            if before is not None and before.digest != digest:
                raise EventIdReused(draft.id)
            if before is not None:
                done.append((draft.id, before, True))
                continue
            admitted = Admitted(draft.id or self.make_id(), draft, digest, publisher)
            if draft.deliver_time is not None and draft.deliver_time > self.now:
                place = Known(digest)
                later.append(admitted)
            else:
                place = Known(digest, row=len(self.rows) + len(rows))
                rows.append(admitted)
            if draft.id:
                seen[draft.id] = place
            done.append((admitted.id, place, False))
        self.rows += rows
        self.later += later
        self.known |= seen
        return done


def published(done: Sequence[tuple[str, Known, bool]], before_first: int) -> list[Published]:
    """What became of a call, once the first row is known to come after a position."""
    return [
        Published(event_id, before_first + 1 + place.row if place.row >= 0 else place.position, duplicate)
        for event_id, place, duplicate in done
    ]
