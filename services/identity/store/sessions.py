"""Keeps sessions. Refreshes are combined: many callers share two statements, and no commit of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.combiner import Combiner
from services._platform.errors import Aborted, Refusal
from services._platform.postgres import Connection, Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.identity.convert import events, names
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.derivation import Secret
from services.identity.domain.refusals import RefreshRefused, RefreshTokenReused, SessionNotFound
from services.identity.domain.sessions import Lifetimes, RefreshToken, Reused, Session, rotated
from services.identity.store import audit
from services.identity.store.rows import read_session

Q = sql.load(__package__, "sessions")
_TRIES = 5
_KEEP = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A session with a new refresh token, and what its user is."""

    session: Session
    roles: tuple[str, ...]
    tier: str


async def end_all(unit: Unit, user: str, keep: str | None, cause: str, origin: Origin) -> int:
    """Ends the open sessions of a user but one, in a commit; returns how many."""
    rows = await unit.connection.fetch(Q["revoke_sessions"], user, unit.now, keep)
    for row in rows:
        await _announce_end(unit, read_session(row), cause, origin)
    return len(rows)


class Sessions:
    """Sessions in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, clock: Clock, lifetimes: Lifetimes, secret: Secret) -> None:
        self._pool = pool
        self._units = units
        self._clock = clock
        self._lifetimes = lifetimes
        self._secret = secret
        self._refreshes: Combiner[RefreshToken, Refreshed] = Combiner("refresh-sessions", self._flush, lanes=2)

    async def create(self, session: Session, request_code: bytes | None, origin: Origin) -> Session:
        """Adds a session, or returns the one that the same request made before."""

        async def body(unit: Unit) -> Session:
            row = await unit.connection.fetchrow(
                Q["insert_session"],
                session.id,
                session.user,
                session.seed,
                session.generation,
                session.device_name,
                session.address,
                request_code,
                session.create_time,
                session.refresh_time,
                session.expire_time,
            )
            if row is None:
                return read_session(await unit.connection.fetchrow(Q["session_of_request"], request_code))
            unit.events.append(events.session_created(session))
            await audit.write(unit, Entry("session.created", origin, names.SESSION.name(session.id)))
            return session

        return await self._units.commit(body)

    async def refresh(self, token: RefreshToken, origin: Origin) -> Refreshed:
        """Exchanges a refresh token. One that was exchanged before ends its session."""
        try:
            return await self._refreshes.submit(token)
        except RefreshTokenReused:
            await self._end(token.session, None, "reuse", origin)
            raise

    async def page(self, user: str, before: str | None, limit: int) -> list[Session]:
        """The open sessions of a user, the newest first, after one in that order."""
        async with reading(self._pool) as connection:
            rows = await connection.fetch(Q["list_sessions"], user, before, limit, self._clock())
        return [read_session(row) for row in rows]

    async def end(self, id: str, user: str | None, origin: Origin, once: Once[None, Reply]) -> Reply:
        """Ends a session; of this user, unless there is none. Refuses one that is not open."""

        async def work(unit: Unit) -> None:
            row = await unit.connection.fetchrow(Q["revoke_session"], id, unit.now, user)
            if row is None:
                raise SessionNotFound(id)
            await _announce_end(unit, read_session(row), "signed_out" if user else "revoked", origin)

        return await self._units.run(once, work)

    async def end_all(self, user: str, keep: str | None, origin: Origin, once: Once[int, Reply]) -> Reply:
        """Ends the open sessions of a user but one; the value is how many."""

        async def work(unit: Unit) -> int:
            return await end_all(unit, user, keep, "revoked", origin)

        return await self._units.run(once, work)

    async def forget(self, limit: int) -> int:
        """Deletes sessions that ended long ago, at most `limit`; returns how many."""
        async with reading(self._pool) as connection:
            return int(await connection.fetchval(Q["forget_sessions"], self._clock() - _KEEP, limit))

    async def _end(self, id: str, user: str | None, cause: str, origin: Origin) -> None:
        async def body(unit: Unit) -> None:
            row = await unit.connection.fetchrow(Q["revoke_session"], id, unit.now, user)
            if row is not None:
                await _announce_end(unit, read_session(row), cause, origin)

        await self._units.commit(body)

    async def _flush(self, tokens: Sequence[RefreshToken]) -> Sequence[Refreshed | Refusal]:
        verdicts: dict[int, Refreshed | Refusal] = {}
        async with reading(self._pool) as connection:
            for _ in range(_TRIES):
                places = [place for place in range(len(tokens)) if place not in verdicts]
                if not places:
                    break
                verdicts |= await self._rotate(connection, {place: tokens[place] for place in places})
        lost = Aborted("too many refreshes of this session at once", reason="OVERLOADED", retry_after=1)
        return [verdicts.get(place, lost) for place in range(len(tokens))]

    async def _rotate(self, connection: Connection, tokens: dict[int, RefreshToken]) -> dict[int, Refreshed | Refusal]:
        """Verdicts on tokens, without those whose session another replica changed meanwhile."""
        now = self._clock()
        ids = list({token.session for token in tokens.values()})
        rows = {str(row["session_id"]): row for row in await connection.fetch(Q["sessions_to_refresh"], ids)}
        found = {name: read_session(row) for name, row in rows.items()}
        after = dict(found)
        verdicts: dict[int, Refreshed | Refusal] = {}
        for place, token in tokens.items():
            try:
                if token.session not in found or rows[token.session]["disabled"]:
                    raise RefreshRefused
                token.check(found[token.session], self._secret)
                after[token.session] = rotated(after[token.session], token.generation, now, self._lifetimes)
            except Reused:
                verdicts[place] = RefreshTokenReused(token.session)
            except Refusal as refusal:
                verdicts[place] = refusal
        kept = await self._save(connection, found, after)
        for place, token in tokens.items():
            if place not in verdicts and token.session in kept:
                verdicts[place] = _refreshed(after[token.session], rows[token.session])
        return verdicts

    async def _save(self, connection: Connection, found: dict[str, Session], after: dict[str, Session]) -> set[str]:
        """Writes what changed; returns the ids of the sessions that are now as in `after`."""
        changed = [(found[new.id], new) for new in after.values() if new is not found[new.id]]
        kept = after.keys() - {new.id for _, new in changed}
        if changed:
            fresh = [
                (new.id, old.generation, new.generation, new.refresh_time, new.expire_time) for old, new in changed
            ]
            rows = await connection.fetch(Q["refresh_sessions"], *sql.columns(fresh, 5))
            kept |= {str(row["session_id"]) for row in rows}
        return kept


def _refreshed(session: Session, row: Any) -> Refreshed:
    return Refreshed(session, tuple(row["roles"]), row["tier"])


async def _announce_end(unit: Unit, session: Session, cause: str, origin: Origin) -> None:
    unit.events.append(events.session_revoked(session, cause))
    entry = Entry("session.revoked", origin, names.SESSION.name(session.id), {"cause": cause})
    await audit.write(unit, entry)
