"""Deliberate faults, one for what each law is there to find: what is wrong, where, and the law that must say so."""

import asyncio
import random
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from google.protobuf.message import Message

from services._platform.call import Call
from services._platform.errors import Internal, InvalidArgument, NotFound
from services._platform.interceptors import Interceptors
from services._platform.outbox import Position
from services._platform.postgres import reading
from tests.contract.sample.notes import Notes


@dataclass(frozen=True)
class Fault:
    """A fault in one RPC, and the name of the law that it breaks."""

    rpc: str
    law: str
    notes: type[Notes] = Notes
    interceptors: type[Interceptors] = Interceptors
    server_options: tuple[tuple[str, int], ...] = ()
    golden: Callable[[dict[str, Any]], None] | None = None
    """Changes what was kept of older contracts."""
    edge: tuple[str, str] | None = None
    """What to replace in the contract that the edge is compiled from."""
    spreads: bool = False
    """Whether it takes something away from every other call, so that other laws miss it as well."""


class SkipsTitle(Interceptors):
    """Forgets the rules of one field."""

    async def unary(self, handler: Any, request: Any, call: Call) -> Any:
        if call.method.name != "CreateNote" or request.note.title:
            return await super().unary(handler, request, call)
        request.note.title = "forgotten"
        return await super().unary(handler, request, call)


class NamesAnotherField(Interceptors):
    """Refuses with the right reason, for the wrong field."""

    async def unary(self, handler: Any, request: Any, call: Call) -> Any:
        try:
            return await super().unary(handler, request, call)
        except InvalidArgument as refusal:
            wrong = [replace(violation, field="note") for violation in refusal.violations]
            raise InvalidArgument(refusal.message, violations=wrong) from refusal


class LetsEverybodyIn(Interceptors):
    """Forgets to ask who calls."""

    async def _authorize(self, call: Call) -> None:
        if call.method.name != "GetNote":
            await super()._authorize(call)


class LosesSlots(Interceptors):
    """Counts calls that were cancelled as if they were still running."""

    async def server_stream(self, handler: Any, request: Any, call: Call) -> AsyncGenerator[Any, None]:
        try:
            async for reply in super().server_stream(handler, request, call):
                yield reply
        except (asyncio.CancelledError, GeneratorExit):
            self._in_flight += 1
            raise


class ForgetsReplies(Notes):
    """Carries a replay out again."""

    async def CreateNote(self, request: Any, call: Call) -> Message:
        call.idempotency_key = ""
        return await super().CreateNote(request, call)


class WritesOnRead(Notes):
    """Counts visits, although the RPC has no side effects."""

    async def GetNote(self, request: Any, call: Call) -> Message:
        async with reading(self.stores.pool) as connection:
            await connection.execute("INSERT INTO visit DEFAULT VALUES")
        return await super().GetNote(request, call)


class LeaksDriver(Notes):
    """Tells callers what the driver said."""

    async def GetNote(self, request: Any, call: Call) -> Message:
        try:
            return await super().GetNote(request, call)
        except NotFound as error:
            raise Internal('relation "note": no row', reason="asyncpg.NoDataFoundError") from error


class BreaksOwnRules(Notes):
    """Answers with what it would refuse."""

    async def GetNote(self, request: Any, call: Call) -> Message:
        note: Any = await super().GetNote(request, call)
        note.weight = 2
        return note  # type: ignore[no-any-return]


class SkipsAtBoundary(Notes):
    """Starts the next page one too far."""

    async def ListNotes(self, request: Any, call: Call) -> Message:
        answer: Any = await super().ListNotes(request, call)
        if answer.next_page_token and len(answer.notes) > 1:
            del answer.notes[-1]
        return answer  # type: ignore[no-any-return]


class PagesWithoutLimit(Notes):
    """Hands out larger pages than it says."""

    most: ClassVar[int] = 10_000


class TakesAnyToken(Notes):
    """Takes tokens that were made for another request."""

    async def ListNotes(self, request: Any, call: Call) -> Message:
        if request.filter and request.page_token:
            asked, request.filter = request.filter, ""
            self.pager.page(request, default=5, most=self.most)
            request.filter, request.page_token = asked, ""
        return await super().ListNotes(request, call)


class IgnoresMask(Notes):
    """Changes every field that is sent."""

    def updated(self, current: Any, request: Any) -> Any:
        made = super().updated(current, request)
        if request.note.title:
            made.title = request.note.title
        return made


class IgnoresEtag(Notes):
    """Lets the last writer win."""

    def updated(self, current: Any, request: Any) -> Any:
        request.note.etag = ""
        return super().updated(current, request)


class TellsTheEdgeLess(Notes):
    """Treats calls that come through the edge in another way."""

    async def GetNote(self, request: Any, call: Call) -> Message:
        note: Any = await super().GetNote(request, call)
        if "x-forwarded-for" in call.metadata:
            note.ClearField("title")
            note.title = "hidden"
        return note  # type: ignore[no-any-return]


class StartsOver(Notes):
    """Resumes a stream from its beginning."""

    def start(self, request: Any) -> Position | None:
        after = super().start(request)
        return Position(0, 0) if after else None


class AnswersAtRandom(Notes):
    """Says something else each time."""

    async def GetNote(self, request: Any, call: Call) -> Message:
        note: Any = await super().GetNote(request, call)
        note.mark = random.getrandbits(60)
        return note  # type: ignore[no-any-return]


def _once_had_a_field(kept: dict[str, Any]) -> None:
    """An older contract had a field 30."""
    note = kept["mesh.sample.v1.Note"]
    note["binary"] += "f20103" + b"old".hex()


RIGHT = Fault("", "")

FAULTS: Mapping[str, Fault] = {
    "an HTTP rule that the edge does not know": Fault(
        "CreateNote", "completeness", edge=("notes:write", "notes:other")
    ),
    "leaks what the driver says": Fault("GetNote", "valid input", LeaksDriver),
    "answers with what it would refuse": Fault("GetNote", "valid input", BreaksOwnRules),
    "drops the rules of one field": Fault("CreateNote", "invalid input", interceptors=SkipsTitle),
    "names another field": Fault("CreateNote", "invalid input", interceptors=NamesAnotherField),
    "tells the edge less": Fault("GetNote", "edge parity", TellsTheEdgeLess),
    "forgets replies": Fault("CreateNote", "idempotency", ForgetsReplies),
    "writes when it reads": Fault("GetNote", "idempotency", WritesOnRead),
    "skips an item between pages": Fault("ListNotes", "paging", SkipsAtBoundary),
    "pages without a limit": Fault("ListNotes", "paging", PagesWithoutLimit),
    "takes tokens of other requests": Fault("ListNotes", "paging", TakesAnyToken),
    "ignores the mask": Fault("UpdateNote", "masks and etags", IgnoresMask),
    "ignores the etag": Fault("UpdateNote", "masks and etags", IgnoresEtag),
    "lets everybody in": Fault("GetNote", "access", interceptors=LetsEverybodyIn),
    "loses slots of streams that are left": Fault("WatchNotes", "deadlines", interceptors=LosesSlots, spreads=True),
    "resumes from the beginning": Fault("WatchNotes", "deadlines", StartsOver),
    "takes messages of any size": Fault(
        "GetNote", "hostility", server_options=(("grpc.max_receive_message_length", -1),)
    ),
    "cannot read what was written before": Fault("GetNote", "wire", golden=_once_had_a_field),
    "answers at random": Fault("GetNote", "recording", AnswersAtRandom),
}
