"""The provider's webhooks: who signed them, when, and what they say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import ValidationError

from services._platform import webhook_signature
from services._platform.webhook_signature import SignatureError, TimestampError
from services.payments.domain.operations import Outcome
from services.payments.domain.refusals import WebhookSignatureInvalid, WebhookTimestampInvalid, WebhookUnreadable
from services.payments.provider.messages import Notice


@dataclass(frozen=True, slots=True)
class Webhook:
    """An event of the provider's, known to be its own."""

    id: str
    operation: str
    outcome: Outcome


def read(secrets: Sequence[bytes], headers: Mapping[str, str], body: bytes, now: datetime) -> Webhook:
    """Verifies and reads a webhook. Refuses what is not the provider's, is not of now, or says nothing."""
    try:
        id_ = webhook_signature.verified(secrets, headers, body, now)
    except SignatureError:
        raise WebhookSignatureInvalid("the webhook is not signed by the provider") from None
    except TimestampError:
        raise WebhookTimestampInvalid("the webhook was not signed in the last minutes") from None
    try:
        told = Notice.model_validate_json(body).data
        return Webhook(id_, str(UUID(told.key)), told.outcome)
    except (ValidationError, ValueError):
        raise WebhookUnreadable("the webhook is signed, but is no event that can be read") from None
