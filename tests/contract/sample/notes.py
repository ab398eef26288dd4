"""The sample's service: notes in Postgres, as the services of the mesh keep theirs."""

from collections.abc import AsyncIterator
from typing import Any, ClassVar

from google.protobuf.descriptor import ServiceDescriptor
from google.protobuf.message import Message

from services._platform import masks, outbox, sql
from services._platform.call import Call
from services._platform.errors import NotFound
from services._platform.outbox import Position
from services._platform.paging import Pager
from services._platform.postgres import reading
from services._platform.stores import Stores
from services._platform.tokens import PositionTokens
from services._platform.unit_of_work import Unit
from tests.contract.subject import new

Q = sql.load(__package__, "sample")
_LOOK_EVERY = 0.05


class NoteNotFound(NotFound):
    """There is no such note."""

    reason = "NOTE_NOT_FOUND"


class Notes:
    """`mesh.sample.v1.NoteService`."""

    most: ClassVar[int] = 10

    def __init__(self, descriptor: ServiceDescriptor, stores: Stores, key: bytes) -> None:
        self.DESCRIPTOR = descriptor
        self.stores = stores
        self.pager = Pager(key)
        self.tokens = PositionTokens(key)
        self._kind = type(new(descriptor.methods_by_name["GetNote"].output_type))
        self._changed = type(new(descriptor.file.message_types_by_name["NoteChanged"]))

    async def CreateNote(self, request: Any, call: Call) -> Message:
        async def create(unit: Unit) -> Message:
            kept = self.kept(request.note)
            row: Any = await unit.connection.fetchrow(Q["add_note"], kept.title, kept.SerializeToString())
            return self.told(unit, self.note(row["id"], kept, row["version"]))

        return await self.stores.units.run(call.once(self._kind, lambda note: note), create)

    async def GetNote(self, request: Any, call: Call) -> Message:
        async with reading(self.stores.pool) as connection:
            row = await connection.fetchrow(Q["read_note"], id_of(request.name))
        return self.read(id_of(request.name), row)  # type: ignore[no-any-return]

    async def ListNotes(self, request: Any, call: Call) -> Message:
        page = self.pager.page(request, default=5, most=self.most)
        async with reading(self.stores.pool) as connection:
            rows = await connection.fetch(Q["list_notes"], request.filter, page.key, page.limit)
        shown, token = self.pager.cut(request, page, rows, lambda row: (row["id"],))
        answer: Any = new(self.DESCRIPTOR.methods_by_name["ListNotes"].output_type)
        answer.notes.extend(self.read(row["id"], row) for row in shown)
        answer.next_page_token = token
        return answer  # type: ignore[no-any-return]

    async def UpdateNote(self, request: Any, call: Call) -> Message:
        async def update(unit: Unit) -> Message:
            id_ = id_of(request.note.name)
            current = self.read(id_, await unit.connection.fetchrow(Q["read_note"], id_))
            kept = self.kept(self.updated(current, request))
            version = await unit.connection.fetchval(Q["write_note"], id_, kept.title, kept.SerializeToString())
            return self.told(unit, self.note(id_, kept, version))

        return await self.stores.units.run(call.once(self._kind, lambda note: note), update)

    async def WatchNotes(self, request: Any, call: Call) -> AsyncIterator[Message]:
        async for note, position in self.follow(self.start(request)):
            answer: Any = new(self.DESCRIPTOR.methods_by_name["WatchNotes"].output_type)
            if note is not None:
                answer.note.MergeFrom(note)
            answer.resume_token = self.tokens.write(position)
            yield answer

    async def PurgeNotes(self, request: Any, call: Call) -> Message:
        kind: Any = type(new(self.DESCRIPTOR.methods_by_name["PurgeNotes"].output_type))

        async def purge(unit: Unit) -> int:
            return int(await unit.connection.fetchval(Q["purge_notes"], request.title))

        return await self.stores.units.run(call.once(kind, lambda count: kind(count=count)), purge)

    async def CountNotes(self, request: Any, call: Call) -> Message:
        async with reading(self.stores.pool) as connection:
            answer: Any = new(self.DESCRIPTOR.methods_by_name["CountNotes"].output_type)
            answer.count = await connection.fetchval(Q["count_notes"])
        return answer  # type: ignore[no-any-return]

    def updated(self, current: Any, request: Any) -> Any:
        """What an update makes of a note."""
        return masks.changed(current, request.note, request.update_mask, "note")

    def start(self, request: Any) -> Position | None:
        """Where a stream starts."""
        return self.tokens.read(request.resume_token) if request.resume_token else None

    async def follow(self, after: Position | None) -> AsyncIterator[tuple[Message | None, Position]]:
        """Notes as they are written; nothing comes first."""
        topic = self._changed.DESCRIPTOR.full_name
        if after is None:
            async with reading(self.stores.pool) as connection:
                after = await outbox.end(connection)
        yield None, after
        while True:
            rings = self.stores.doorbell.rings
            async with reading(self.stores.pool) as connection:
                entries = await outbox.read(connection, topic, after, 100)
            for entry in entries:
                changed: Any = self._changed.FromString(entry.payload)
                after = entry.position
                yield changed.note, after
            await self.stores.doorbell.wait(rings, _LOOK_EVERY)

    def told(self, unit: Unit, note: Any) -> Message:
        """The note, announced."""
        changed: Any = self._changed()
        changed.note.MergeFrom(note)
        unit.emit(note.name, changed)
        return note  # type: ignore[no-any-return]

    def read(self, id_: str, row: Any) -> Any:
        """A note as it was kept."""
        if row is None:
            raise NoteNotFound(f"there is no note {id_}", metadata={"note": f"notes/{id_}"})
        return self.note(id_, self._kind.FromString(row["note"]), row["version"])

    def kept(self, note: Message) -> Any:
        """What of a note is kept as it was given."""
        made: Any = self._kind()
        made.CopyFrom(note)
        for field in ("name", "etag", "revision"):
            made.ClearField(field)
        return made

    def note(self, id_: str, kept: Any, version: int) -> Any:
        """A note with what the server says of it."""
        made: Any = self._kind()
        made.CopyFrom(kept)
        made.name, made.etag, made.revision = f"notes/{id_}", f"v{version}", version
        return made


def id_of(name: str) -> str:
    """The id in a note's name."""
    return name.removeprefix("notes/")
