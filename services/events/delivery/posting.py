"""Turns events into signed posts, and notes what came of them."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp

from mesh.events.v1.webhook_pb2 import WEBHOOK_STATE_DISABLED, Webhook
from services._platform.call import Once, Reply
from services._platform.clock import Clock
from services._platform.times import instant, timestamp
from services._platform.unit_of_work import Unit, UnitOfWork
from services.events.convert.topics import Topics
from services.events.delivery.sender import Sender
from services.events.domain import webhooks
from services.events.domain.events import Event
from services.events.domain.webhooks import Attempt, Health
from services.events.store.attempts import Attempts
from services.events.store.groups import Groups, Stored
from services.events.store.secrets import Secrets

TEST_TOPIC = "mesh.events.v1.Test"
_PATIENCE = timedelta(days=5)


class Posting:
    """Posts for webhooks."""

    def __init__(
        self,
        *,
        hooks: Groups[Webhook],
        secrets: Secrets,
        attempts: Attempts,
        units: UnitOfWork,
        sender: Sender,
        topics: Topics,
        clock: Clock,
    ) -> None:
        self._hooks = hooks
        self._secrets = secrets
        self._attempts = attempts
        self._units = units
        self._sender = sender
        self._topics = topics
        self._clock = clock

    async def post(self, hook: Stored[Webhook], event: Event, attempt: int) -> Attempt:
        """Posts an event of the log."""
        data = self._topics.as_json(event.topic, event.payload)
        body = {"type": event.topic, "timestamp": event.publish_time.isoformat(), "key": event.key, "data": data}
        return await self._post(hook, event.id, event.topic, body, attempt)

    async def test(self, name: str, id: str, once: Once[Attempt, Reply]) -> Reply:
        """Posts a test event under an id of its own, and writes down what came of it, once.

        Those that race under one request id may each post, for nobody waits for an address within a transaction; the
        address can tell by the id, and what came of one of them is the answer to all. Refuses an unknown webhook.
        """
        told = await self._units.recall(once)
        if told is not None:
            return told
        hook, now = await self._hooks.get(name), self._clock()
        body = {"type": TEST_TOPIC, "timestamp": now.isoformat(), "key": name, "data": {}}
        attempt = await self._post(hook, id, TEST_TOPIC, body, 1)

        async def work(unit: Unit) -> Attempt:
            await self._attempts.add_within(unit, hook.uid, [attempt])
            return attempt

        return await self._units.run(once, work)

    async def note(self, hook: Stored[Webhook], attempts: Sequence[Attempt]) -> None:
        """Writes down what came of attempts, and disables a webhook that has failed for too long."""
        await self._attempts.add(hook.uid, attempts)
        current = await self._hooks.get(hook.name)
        after = _healthier(current, attempts)
        if after == current.definition:
            return
        disabled = after.state != current.definition.state

        async def change(unit: Unit) -> None:
            await self._hooks.change_within(
                unit, hook.name, lambda stored: _healthier(stored, attempts), versions=disabled
            )

        await self._units.commit(change)

    async def _post(self, hook: Stored[Webhook], id: str, topic: str, content: object, attempt: int) -> Attempt:
        now = self._clock()
        body = json.dumps(content, separators=(",", ":")).encode()
        secrets = await self._secrets.present(hook.uid, now)
        seconds = int(now.timestamp())
        headers = {
            "content-type": "application/json",
            "user-agent": "meshwork-webhooks/1",
            "webhook-id": id,
            "webhook-timestamp": str(seconds),
            "webhook-signature": webhooks.signatures(secrets, id, seconds, body),
        }
        answer = await self._sender.post(hook.definition.url, headers, body)
        event = "" if topic == TEST_TOPIC else id
        return Attempt(event, topic, attempt, now, answer.seconds, answer.status, answer.error, answer.excerpt)


def _healthier(hook: Stored[Webhook], attempts: Sequence[Attempt]) -> Webhook:
    defined = hook.definition
    since: datetime | None = instant(defined.failing_since_time) if defined.HasField("failing_since_time") else None
    health = Health(since).after(attempts, defined.disable_after.ToTimedelta() or _PATIENCE)
    result = Webhook()
    result.CopyFrom(defined)
    if health.failing_since is None:
        result.ClearField("failing_since_time")
    else:
        result.failing_since_time.CopyFrom(Timestamp(**timestamp(health.failing_since)))  # type: ignore[arg-type]
    if health.disabled:
        result.state = WEBHOOK_STATE_DISABLED
        result.disable_reason = health.disabled
    return result
