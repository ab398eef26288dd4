"""What somebody wants started, and the saga that it becomes."""

from dataclasses import dataclass
from datetime import datetime

import uuid_utils
from google.protobuf.message import Message

from services.saga.convert import events
from services.saga.domain.run import Saga
from services.saga.plan.plan import Plan
from services.saga.store.rows import NewSaga


@dataclass(frozen=True, slots=True)
class Wanted:
    """A saga that somebody wants started. Another with the same key, or request key, is the same saga."""

    input: Message
    key: str
    owner: str
    actor: str
    request_key: str
    digest: bytes
    """Tells what is wanted from something else under the same key."""
    parent: str = ""


def new_saga(plan: Plan, wanted: Wanted, executor: str, now: datetime) -> NewSaga:
    """The saga to keep, for an executor to carry out."""
    saga = Saga(
        id=str(uuid_utils.uuid7()),
        definition=plan.id,
        version=plan.version,
        key=wanted.key,
        owner=wanted.owner,
        input=wanted.input.SerializeToString(deterministic=True),
        create_time=now,
        expire_time=now + plan.order.deadline,
        update_time=now,
        actor=wanted.actor,
        parent=wanted.parent,
    )
    return NewSaga(saga, wanted.request_key, wanted.digest, executor, events.started(saga))
