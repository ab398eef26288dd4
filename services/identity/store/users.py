"""Keeps users and their passwords."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.filters import Filter
from services._platform.postgres import Pool, reading
from services._platform.unit_of_work import Unit, UnitOfWork
from services.identity.convert import events, names
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.derivation import Secret
from services.identity.domain.mail_tokens import MailToken, Purpose
from services.identity.domain.refusals import MailTokenInvalid, SignInRefused, UserNotFound
from services.identity.domain.users import WRITABLE, Account, User, normalised
from services.identity.store import api_keys, audit, sessions
from services.identity.store.rows import read_account, read_user

Q = sql.load(__package__, "users")


class Users:
    """Users in Postgres."""

    def __init__(self, pool: Pool, units: UnitOfWork, mail: Secret) -> None:
        self._pool = pool
        self._units = units
        self._mail = mail

    async def by_email(self, email: str) -> Account | None:
        """The account of an address, if there is one."""
        async with reading(self._pool) as connection:
            row = await connection.fetchrow(Q["account_by_email"], normalised(email))
        return None if row is None else read_account(row)

    async def account(self, id: str) -> Account:
        """An account. Refuses one that does not exist."""
        async with reading(self._pool) as connection:
            return read_account(_found(await connection.fetchrow(Q["get_account"], id), id))

    async def get(self, id: str) -> User:
        """A user. Refuses one that does not exist."""
        return (await self.account(id)).user

    async def recall(self, once: Once[None, Reply]) -> Reply | None:
        """What a write answered when it was done before."""
        return await self._units.recall(once)

    async def page(self, filter: Filter, before: str | None, limit: int) -> list[User]:
        """Users, the newest first, after one in that order."""
        emails = [normalised(email) for email in filter.values("email", "=")]
        async with reading(self._pool) as connection:
            return [read_user(row) for row in await connection.fetch(Q["list_accounts"], before, limit, emails)]

    async def create(self, user: User, password_hash: str, origin: Origin, once: Once[User, Reply]) -> Reply:
        """Adds a user. When the address is taken, tells its owner, and answers as if it were not."""

        async def work(unit: Unit) -> User:
            values = (user.id, user.email, user.display_name, user.roles, user.tier, user.email_verified)
            row = await unit.connection.fetchrow(Q["insert_account"], *values, password_hash, unit.now)
            if row is None:
                owner = read_user(await unit.connection.fetchrow(Q["account_by_email"], user.email))
                unit.events.append(events.sign_up_repeated(owner))
                await audit.write(unit, Entry("user.sign_up_repeated", origin, names.USER.name(owner.id)))
                return User(
                    user.id, user.email, user.display_name, version=1, create_time=unit.now, update_time=unit.now
                )
            account = read_account(row)
            unit.events.append(events.user_changed(account.user))
            if not user.email_verified:
                unit.events.append(events.mail(Purpose.VERIFY_EMAIL, account, self._mail, unit.now))
            await audit.write(unit, Entry("user.created", origin, names.USER.name(user.id)))
            return account.user

        return await self._units.run(once, work)

    async def change(self, id: str, change: Callable[[User], User], origin: Origin, once: Once[User, Reply]) -> Reply:
        """Replaces a user by what a pure function makes of them, under lock. Who is disabled is signed out."""

        async def work(unit: Unit) -> User:
            before = read_user(_found(await unit.connection.fetchrow(Q["lock_account"], id), id))
            after = change(before)
            return await self._write(unit, before, after, origin)

        return await self._units.run(once, work)

    async def verify_email(self, token: MailToken, origin: Origin, once: Once[None, Reply]) -> Reply:
        """Notes that the address is the user's."""

        async def work(unit: Unit) -> None:
            row = await unit.connection.fetchrow(Q["lock_account"], token.user)
            if row is None or row["password_version"] != token.password_version:
                raise MailTokenInvalid
            before = read_user(row)
            if not before.email_verified:
                after = replace(before, email_verified=True)
                await self._write(unit, before, after, origin)

        return await self._units.run(once, work)

    async def change_password(
        self, account: Account, password_hash: str, keep: str, origin: Origin, once: Once[None, Reply]
    ) -> Reply:
        """Sets a password and ends all sessions but one. Refuses when another was set meanwhile."""

        async def work(unit: Unit) -> None:
            values = (account.user.id, account.password_version, password_hash, unit.now, False)
            row = await unit.connection.fetchrow(Q["set_password"], *values)
            if row is None:
                raise SignInRefused
            await self._announce_password(unit, read_user(row), keep or None, origin)

        return await self._units.run(once, work)

    async def reset_password(
        self, token: MailToken, password_hash: str, origin: Origin, once: Once[None, Reply]
    ) -> Reply:
        """Sets a password by a token that was sent, once, and ends all sessions."""

        async def work(unit: Unit) -> None:
            values = (token.user, token.password_version, password_hash, unit.now, True)
            row = await unit.connection.fetchrow(Q["set_password"], *values)
            if row is None:
                raise MailTokenInvalid
            await self._announce_password(unit, read_user(row), None, origin)

        return await self._units.run(once, work)

    async def renew_hash(self, account: Account, password_hash: str) -> None:
        """Keeps the same password under newer parameters."""
        async with reading(self._pool) as connection:
            await connection.execute(Q["renew_hash"], account.user.id, account.password_hash, password_hash)

    async def _write(self, unit: Unit, before: User, after: User, origin: Origin) -> User:
        values = (after.display_name, after.roles, after.tier, after.disabled, after.email_verified)
        user = read_user(await unit.connection.fetchrow(Q["update_account"], before.id, *values, unit.now))
        unit.events.append(events.user_changed(user))
        changed = [name for name in WRITABLE if getattr(before, name) != getattr(after, name)]
        entry = Entry("user.changed", origin, names.USER.name(user.id), {"fields": ",".join(changed)})
        await audit.write(unit, entry)
        if user.disabled and not before.disabled:
            await sessions.end_all(unit, user.id, None, "disabled", origin)
            await api_keys.revoke_all(unit, user.id, origin)
        return user

    async def _announce_password(self, unit: Unit, user: User, keep: str | None, origin: Origin) -> None:
        unit.events.append(events.password_changed(user))
        await audit.write(unit, Entry("password.changed", origin, names.USER.name(user.id)))
        await sessions.end_all(unit, user.id, keep, "password", origin)


def _found(row: Any, id: str) -> Any:
    if row is None:
        raise UserNotFound(id)
    return row
