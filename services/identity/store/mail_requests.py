"""Requests for mail: written down for every address alike, looked at later."""

from services._platform import sql
from services._platform.call import Once, Reply
from services._platform.unit_of_work import Unit, UnitOfWork
from services.identity.convert import events
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.derivation import Secret
from services.identity.domain.mail_tokens import Purpose
from services.identity.store import audit
from services.identity.store.rows import read_account

Q = sql.load(__package__, "mail_requests")


class MailRequests:
    """Mail requests in Postgres."""

    def __init__(self, units: UnitOfWork, mail: Secret) -> None:
        self._units = units
        self._mail = mail

    async def add(self, purpose: Purpose, email: str, origin: Origin, once: Once[None, Reply]) -> Reply:
        """Writes a request down. Whether the address is known makes no difference here, nor in time."""

        async def work(unit: Unit) -> None:
            await unit.connection.execute(Q["insert_mail_request"], int(purpose), email)
            await audit.write(unit, Entry("mail.requested", origin, details={"purpose": purpose.name.lower()}))

        return await self._units.run(once, work)

    async def answer(self, limit: int) -> int:
        """Announces what is to be sent to the addresses that have accounts; returns how many requests it took."""

        async def body(unit: Unit) -> int:
            rows = await unit.connection.fetch(Q["take_mail_requests"], limit)
            for row in rows:
                if row["user_id"] is None or row["disabled"]:
                    continue
                account, purpose = read_account(row), Purpose(row["purpose"])
                if purpose is Purpose.VERIFY_EMAIL and account.user.email_verified:
                    continue
                unit.events.append(events.mail(purpose, account, self._mail, unit.now))
            return len(rows)

        return await self._units.commit(body)
