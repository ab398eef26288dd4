"""Signatures of webhooks: as the specification's, for one body, one id and one while."""

import base64
from datetime import UTC, datetime, timedelta

import pytest

from services._platform.webhook_signature import WINDOW, SignatureError, TimestampError, signed, verified

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECRET = b"s" * 32


def test_a_known_signature() -> None:
    """The example of the Standard Webhooks libraries."""
    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    when = datetime.fromtimestamp(1614265330, UTC)
    headers = signed(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', when)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_of_several_secrets_holds() -> None:
    headers = signed(SECRET, "msg_1", b"{}", NOW)
    assert verified([b"o" * 32, SECRET], headers, b"{}", NOW + WINDOW) == "msg_1"


@pytest.mark.parametrize("away", [WINDOW + timedelta(seconds=1), -WINDOW - timedelta(seconds=1)])
def test_a_signature_of_another_time_is_refused(away: timedelta) -> None:
    with pytest.raises(TimestampError):
        verified([SECRET], signed(SECRET, "msg_1", b"{}", NOW), b"{}", NOW + away)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": "1"},
        {"webhook-timestamp": "٣"},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,ü"},
        {"webhook-id": ""},
    ],
)
def test_changed_headers_are_refused(change: dict[str, str]) -> None:
    with pytest.raises(SignatureError):
        verified([SECRET], signed(SECRET, "msg_1", b"{}", NOW) | change, b"{}", NOW)
