"""What the sandbox keeps: charges, operations by their keys, and webhooks that are to be delivered, in one SQLite file.

SQLite's answers are there at once, so nothing here waits.
"""

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from services._platform import sql
from services.payments.sandbox import behaviours, charges
from services.payments.sandbox.charges import Asked, Charge, Done

Q = sql.load(__package__, "books")
PAGE = 500


class KeyReusedError(Exception):
    """The idempotency key was used before with another body."""


class NoSuchChargeError(Exception):
    """No such charge."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A webhook that is to be delivered. `number` is its place in the line; copies share their `id`."""

    number: int
    id: str
    charge: str
    body: bytes
    tries: int


class Books:
    """The sandbox's storage. Opened once, by one process."""

    def __init__(self, file: Path) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + Q["create"])

    def close(self) -> None:
        """Lets go of the file."""
        self._database.close()

    def attempt(self, key: str) -> int:
        """Counts that an operation was asked for; returns how often."""
        return int(self._database.execute(Q["count_attempt"], (key,)).fetchone()[0])

    def token(self, charge: str) -> str:
        """The token that a charge was made with. Raises `NoSuchChargeError`."""
        return self._charge(charge).token

    def carry_out(self, asked: Asked, now: datetime) -> Done:
        """Does an operation, or tells what came of it when its key was used before. Raises `KeyReusedError`."""
        with self._transaction():
            row = self._database.execute(Q["find_operation"], (asked.key,)).fetchone()
            if row is not None:
                done = _done(row)
                _same(done.asked, asked)
                return done
            before = self._charge(asked.charge) if asked.kind != "authorize" else _new(asked)
            behaviour = behaviours.of(before.token)
            charge, failure = charges.after(before, asked, behaviour.refuse.get(asked.kind, ""))
            done = Done(_about(asked, charge), failure, now)
            self._database.execute(Q["save_charge"], asdict(charge))
            self._database.execute(Q["add_operation"], {**done.told, "failure_code": failure})
            self._announce(done, behaviour)
            return done

    def export(self, start: str, end: str, after: int) -> tuple[list[Done], int]:
        """A page of captures and refunds from `start` to before `end`, and the number to go on after, or 0."""
        rows = self._database.execute(Q["export"], (start, end, after, PAGE)).fetchall()
        return [_done(row) for row in rows], rows[-1]["number"] if len(rows) == PAGE else 0

    def next_webhook(self, now: float) -> Webhook | None:
        """The next webhook that is due at a Unix time."""
        row = self._database.execute(Q["next_webhook"], (now,)).fetchone()
        return row and Webhook(row["number"], row["id"], row["charge"], row["body"].encode(), row["tries"])

    def delivered(self, webhook: Webhook) -> None:
        """Notes that a webhook was taken; what was held back for its sake follows."""
        with self._transaction():
            self._database.execute(Q["delivered"], (webhook.number,))
            self._database.execute(Q["free_held"], (webhook.charge,))

    def postpone(self, webhook: Webhook, due: float) -> None:
        """Notes that a webhook was not taken, and when it is tried again."""
        self._database.execute(Q["postpone"], (due, webhook.number))

    def is_waiting(self, key: str) -> bool:
        """Whether the webhook of an operation is still to be delivered."""
        return bool(self._database.execute(Q["waiting"], (webhook_id(key),)).fetchone()[0])

    def _announce(self, done: Done, behaviour: behaviours.Behaviour) -> None:
        body = json.dumps({"type": "operation.settled", "data": done.told})
        row = (webhook_id(done.asked.key), done.asked.charge, body, done.asked.kind in behaviour.webhook_held)
        for _ in range(behaviour.webhook_copies):
            self._database.execute(Q["add_webhook"], row)

    def _charge(self, id: str) -> Charge:
        row = self._database.execute(Q["find_charge"], (id,)).fetchone()
        if row is None:
            raise NoSuchChargeError(id)
        return Charge(**dict(row))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")


def webhook_id(key: str) -> str:
    """The id of the webhook about an operation."""
    return f"msg_{key}"


def _new(asked: Asked) -> Charge:
    return Charge(f"ch_{uuid.uuid4().hex}", asked.token, asked.amount, asked.currency)


def _about(asked: Asked, charge: Charge) -> Asked:
    return Asked(asked.key, asked.kind, charge.id, asked.amount, asked.currency)


def _done(row: sqlite3.Row) -> Done:
    asked = Asked(row["key"], row["kind"], row["charge"], row["amount"], row["currency"])
    return Done(asked, row["failure_code"], datetime.fromisoformat(row["time"]))


def _same(before: Asked, asked: Asked) -> None:
    now = (asked.kind, asked.charge or before.charge, asked.amount, asked.currency)
    if now != (before.kind, before.charge, before.amount, before.currency):
        raise KeyReusedError
