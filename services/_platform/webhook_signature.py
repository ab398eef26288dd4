"""Signatures of webhooks as Standard Webhooks says: HMAC-SHA256 over `id.timestamp.body`, in three headers.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
WINDOW = timedelta(minutes=5)
"""How far the clocks of sender and receiver may be apart, delivery included."""

_VERSION = "v1"
_LONGEST_ID = 200


class SignatureError(Exception):
    """The body is not signed by who has the secret."""


class TimestampError(Exception):
    """The body was signed too long ago, or in the future."""


def signed(secret: bytes, id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers that sign a body."""
    timestamp = str(int(now.timestamp()))
    signature = f"{_VERSION},{_signature(secret, id, timestamp, body)}"
    return {ID: id, TIMESTAMP: timestamp, SIGNATURE: signature}


def verified(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """The id of a body that one of the secrets signed; several hold while one is changed.

    Raises `SignatureError` or `TimestampError`.
    """
    id_, timestamp = headers.get(ID, ""), headers.get(TIMESTAMP, "")
    if not (0 < len(id_) <= _LONGEST_ID and timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12):
        raise SignatureError
    given = [one.removeprefix(f"{_VERSION},") for one in headers.get(SIGNATURE, "").split() if one.startswith(_VERSION)]
    expected = [_signature(secret, id_, timestamp, body) for secret in secrets]
    if not any(hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected):
        raise SignatureError
    if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > WINDOW:
        raise TimestampError
    return id_


def _signature(secret: bytes, id: str, timestamp: str, body: bytes) -> str:
    message = b".".join((id.encode(), timestamp.encode(), body))
    return base64.b64encode(hmac.digest(secret, message, hashlib.sha256)).decode()
