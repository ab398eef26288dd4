"""Refreshes and sign-ins a second: identity alone, called over gRPC, on a durable Postgres.

`refresh` exchanges the refresh tokens of 5,000 sessions in turn, each exchange committed; `sign-in` checks the
passwords of 1,000 users, by Argon2id at the parameters that the mesh runs with.
"""

import hashlib
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import cycle

from mesh.identity.v1.session_service_pb2 import CreateSessionRequest, RefreshSessionRequest
from services._local.stores import HOST
from services._platform import sql
from services.identity.domain.derivation import Secret
from services.identity.domain.sessions import Session, refresh_token
from services.identity.security.passwords import Passwords
from services.identity.settings import IdentitySettings
from tests.bench import load_http2
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.report import Goal
from tests.bench.stage import Stage

Q = sql.load("tests.bench", "identity")
SERVICE = "identity"
CALLS = "/mesh.identity.v1.SessionService"
KEY = secrets.token_hex(32)
PASSWORD = secrets.token_urlsafe(16)
SESSIONS, USERS = 5000, 1000
REFRESH, SIGN_IN = "identity, refresh", "identity, sign-in"
LOADS = {"full": (4, 32), "alone": (1, 1)}
SIGN_IN_LOADS = {"full": (1, 8), "alone": (1, 1)}
"""More would wait for the threads that hash."""


def _id(kind: int, number: int) -> str:
    return f"0198c0de-{kind:04}-7000-8000-{number:012x}"


def _seed(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()[:16]


async def seed(stage: Stage, database: str) -> None:
    """Fills the template: users who all have one password, and five sessions each."""
    root = Secret(KEY.encode())
    passwords = Passwords(IdentitySettings.model_validate({"key": KEY}), root.derive("pepper"))
    hashed = await passwords.hash(PASSWORD, known=True)
    passwords.close()
    users = [(_id(1, number), f"user-{number}@example.com") for number in range(USERS)]
    sessions = [(_id(2, number), _id(1, number % USERS), _seed(_id(2, number))) for number in range(SESSIONS)]
    async with stage.connect(database, SERVICE) as connection:
        await connection.execute(Q["seed_users"], *sql.columns(users, 2), hashed)
        await connection.execute(Q["seed_sessions"], *sql.columns(sessions, 3), datetime.now(UTC))
        await connection.execute(Q["tidy"])


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts identity; refreshes and sign-ins under every load."""
    await stage.copy(SERVICE)
    port = stage.port(SERVICE)
    environment = stage.service_environment(SERVICE, SERVICE, port) | {"MESH_IDENTITY_KEY": KEY}
    argv = (sys.executable, "-m", f"services.{SERVICE}")
    with stage.program(SERVICE, argv, f"grpc://{HOST}:{port}", port, environment) as server:
        refreshes, sign_ins = _Count(stage, "refreshes"), _Count(stage, "sign_ins")
        processes = {"server": server.pid, "postgres": stage.postgres}
        tokens, logins = _refresh_requests(), _sign_in_requests()

        def case(subject: str, load: str, rpc: str, messages: Iterator[bytes], count: _Count) -> Case:
            shape = (LOADS if subject == REFRESH else SIGN_IN_LOADS)[load]

            def connect(tally: Tally) -> Connect:
                return load_http2.connect(server.address, f"{CALLS}/{rpc}", messages, *shape, tally)

            return Case(subject, load, connect, processes, count.verify)

        yield [
            *(case(REFRESH, load, "RefreshSession", tokens, refreshes) for load in LOADS),
            *(case(SIGN_IN, load, "CreateSession", logins, sign_ins) for load in LOADS),
        ]


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises: 500 refreshes a second on one core, of which the server takes the larger part."""
    return (Goal("refreshes a second / 500", rate(REFRESH, "full") / 500, 1.0),)


@dataclass(slots=True)
class _Count:
    """What was acknowledged so far of what the database counts."""

    stage: Stage
    query: str
    acknowledged: int = 0

    async def verify(self, tally: Tally) -> None:
        """Raises unless as many are stored as were acknowledged."""
        self.acknowledged += tally.acknowledged
        async with self.stage.connect(SERVICE, SERVICE) as connection:
            stored = await connection.fetchval(Q[self.query], SESSIONS)
        if stored != self.acknowledged:
            raise BenchError(f"{self.query}: {self.acknowledged} were acknowledged, stored are {stored}")


def _refresh_requests() -> Iterator[bytes]:
    """Each session's newest token in turn. They are derived, so that no answer has to be read for the next."""
    secret, now = Secret(KEY.encode()).derive("refresh"), datetime.now(UTC)
    ids = [_id(2, number) for number in range(SESSIONS)]
    blank = Session(ids[0], "", "", "", b"", 1, now, now, now + timedelta(days=1))
    sessions = [replace(blank, id=one, seed=_seed(one)) for one in ids]
    for generation in range(1, sys.maxsize):
        for session in sessions:
            token = refresh_token(replace(session, generation=generation), secret)
            yield RefreshSessionRequest(refresh_token=token).SerializeToString()


def _sign_in_requests() -> Iterator[bytes]:
    emails = (f"user-{number}@example.com" for number in range(USERS))
    requests = [CreateSessionRequest(email=email, password=PASSWORD).SerializeToString() for email in emails]
    yield from cycle(requests)
