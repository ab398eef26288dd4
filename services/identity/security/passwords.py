"""Passwords: Argon2id (RFC 9106) over a peppered password, on threads of its own.

A hash takes tens of milliseconds on purpose. So it never runs on the event loop, the threads are few, the queue for
them is short, and who comes from a known device does not queue behind strangers.
"""

import asyncio
import base64
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services._platform.errors import ResourceExhausted
from services.identity.domain.derivation import Secret
from services.identity.settings import IdentitySettings

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a password was the right one, and whether its hash is of older parameters."""

    right: bool
    outdated: bool = False


class Lane:
    """Threads, and the queue for them."""

    def __init__(self, threads: int, queue: int) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._free = asyncio.Semaphore(threads)
        self._queue = queue
        self._waiting = 0

    async def run(self, work: Callable[[], Result]) -> Result:
        """Does the work on a thread. Refuses when the queue is full."""
        if self._waiting >= self._queue:
            raise ResourceExhausted("too many passwords to look at", retry_after=1)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        working = asyncio.get_running_loop().run_in_executor(self._threads, work)
        # Not when the caller leaves: the thread works on, and is not free before it is done.
        working.add_done_callback(lambda _: self._free.release())
        return await asyncio.shield(working)

    def close(self) -> None:
        """Ends the threads, without waiting for what nobody waits for any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)


class Passwords:
    """Hashes passwords and compares with hashes."""

    def __init__(self, settings: IdentitySettings, pepper: Secret) -> None:
        self._hasher = PasswordHasher(
            time_cost=settings.argon2_passes, memory_cost=settings.argon2_memory, parallelism=1
        )
        self._pepper = pepper
        self._known = Lane(settings.hash_threads, settings.hash_queue)
        self._strangers = Lane(settings.hash_threads, settings.hash_queue)
        self._nobodys = ""

    async def hash(self, password: str, *, known: bool) -> str:
        """The hash of a password, in PHC form."""
        return await self._lane(known).run(lambda: self._hasher.hash(self._peppered(password)))

    async def verify(self, password_hash: str, password: str, *, known: bool) -> Verdict:
        """Compares. Without a hash, as for an unknown user, it takes as long and finds the password wrong."""
        return await self._lane(known).run(lambda: self._verify(password_hash, password))

    def close(self) -> None:
        """Ends the threads."""
        self._known.close()
        self._strangers.close()

    def _verify(self, password_hash: str, password: str) -> Verdict:
        peppered = self._peppered(password)
        try:
            self._hasher.verify(password_hash or self._decoy(), peppered)
        except (VerificationError, InvalidHashError):
            return Verdict(right=False)
        return Verdict(right=bool(password_hash), outdated=self._hasher.check_needs_rehash(password_hash))

    def _decoy(self) -> str:
        """A hash of no password, by the present parameters."""
        self._nobodys = self._nobodys or self._hasher.hash(b"")
        return self._nobodys

    def _peppered(self, password: str) -> bytes:
        # The same characters are the same password, however a keyboard composes them (RFC 8265).
        return base64.b64encode(self._pepper.code(unicodedata.normalize("NFKC", password).encode()))

    def _lane(self, known: bool) -> Lane:
        return self._known if known else self._strangers
