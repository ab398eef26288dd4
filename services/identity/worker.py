"""What identity does by itself."""

from services._platform.lease import Lease
from services._platform.loops import Loop
from services.identity.security.api_key_check import ApiKeyCheck
from services.identity.security.keyring import Keyring
from services.identity.store import MailRequests, Sessions

_TOGETHER = 200


def key_keeper(keyring: Keyring) -> Loop:
    """Reads the signing keys again, long before a new one signs, and makes the next when it is time."""

    async def step() -> bool:
        await keyring.refresh()
        return False

    return Loop("keep-signing-keys", step, every=5)


def mailer(requests: MailRequests) -> Loop:
    """Announces what is to be sent to addresses. Not when it is asked for: the asking takes as long for all."""

    async def step() -> bool:
        return await requests.answer(_TOGETHER) == _TOGETHER

    return Loop("answer-mail-requests", step, every=0.5)


def use_noter(check: ApiKeyCheck) -> Loop:
    """Writes down when API keys were last used."""
    return Loop("note-api-key-uses", check.note_uses, every=10)


def sweeper(sessions: Sessions, lease: Lease) -> Loop:
    """Deletes sessions that ended long ago."""

    async def step() -> bool:
        return await sessions.forget(_TOGETHER) == _TOGETHER

    return Loop("forget-sessions", step, every=60, lease=lease)
