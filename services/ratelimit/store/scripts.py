"""Scripts that Redis knows by their digest: a text is only sent to a Redis that does not have it."""

import asyncio
from collections.abc import Sequence
from functools import partial
from hashlib import sha1
from typing import Any

from services.ratelimit.store.link import Link, Part, ScriptMissing, Told, settle


class Script:
    """A script."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest = sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    def run(self, link: Link, keys: Sequence[bytes], arguments: Sequence[Part]) -> asyncio.Future[Any]:
        """Runs it. Raises `Unavailable` when Redis does not answer in time."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.start(link, keys, arguments, partial(settle, answer))
        return answer

    def start(self, link: Link, keys: Sequence[bytes], arguments: Sequence[Part], told: Told) -> None:
        """Runs it without waiting; see `Link.ask`."""

        def judge(answer: Any) -> None:
            if isinstance(answer, ScriptMissing):
                link.ask(told, ("EVAL", self._text, len(keys), *keys, *arguments))
            else:
                told(answer)

        link.ask(judge, ("EVALSHA", self._digest, len(keys), *keys, *arguments))
