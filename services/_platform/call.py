"""The context of one call: what a servicer may know of who called, when it must be done, and how to answer once."""

import hashlib
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from time import monotonic
from typing import Generic, TypeVar

from google.protobuf.message import Message

from clients.contract import Method
from services._platform.redaction import redacted

Value = TypeVar("Value")
Reply = TypeVar("Reply", bound=Message)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: a resource name such as `users/ada`, and what they may do."""

    name: str
    permissions: frozenset[str] = frozenset()
    tier: str = "free"
    """Which limits hold: `free`, `premium` or `enterprise`."""
    session: str = ""
    """The id of the session that a user's token is of."""

    @property
    def is_service(self) -> bool:
        """Whether it is a service of the mesh."""
        return self.name.startswith("services/")

    def may(self, permission: str) -> bool:
        """Whether the permission is held."""
        return permission in self.permissions


ANONYMOUS = Principal("anonymous")


@dataclass(frozen=True, slots=True)
class Once(Generic[Value, Reply]):
    """How a write is answered, and under which key the answer is remembered.

    `key` is empty when the caller gave none: then nothing is remembered. `digest` tells one body from another.
    """

    key: str
    method: str
    caller: str
    digest: bytes
    reply_type: type[Reply]
    render: Callable[[Value], Reply]


@dataclass(slots=True)
class Call:
    """One call, under whichever gRPC host.

    `deadline` is an instant of the monotonic clock, which is also the event loop's. `metadata` holds the text headers,
    lower case.
    """

    method: Method
    metadata: Mapping[str, str]
    deadline: float
    request_id: str
    peer: str = ""
    principal: Principal = ANONYMOUS
    idempotency_key: str = ""
    digest: bytes = b""

    @property
    def remaining(self) -> float:
        """Seconds until the deadline, not below zero: as of now, and not of when the loop last looked at its clock."""
        return max(0.0, self.deadline - monotonic())

    def once(
        self, reply_type: type[Reply], render: Callable[[Value], Reply], part: Message | None = None
    ) -> Once[Value, Reply]:
        """How this call answers: `render` makes the reply of what was done.

        For one message of a stream, `part` is that message: it is remembered by its own request id.
        """
        return Once(
            key=self.idempotency_key if part is None else getattr(part, "request_id", ""),
            method=self.method.path,
            caller=self.principal.name,
            digest=self.digest if part is None else digest(part),
            reply_type=reply_type,
            render=render,
        )


current_call: ContextVar[Call | None] = ContextVar("current_call", default=None)
"""The call that the running task works on, for what has no argument to be told by: logs and database timeouts."""


def digest(request: Message) -> bytes:
    """Tells one request body from another; the request id itself does not count.

    Nor does what the contract calls sensitive: a digest is kept, and must not be what a password is guessed by.
    """
    body = redacted(request)
    if "request_id" in body.DESCRIPTOR.fields_by_name:
        body.ClearField("request_id")
    return hashlib.blake2b(body.SerializeToString(deterministic=True), digest_size=16).digest()
