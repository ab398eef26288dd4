"""Webhooks, against a real HTTP server on loopback."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from mesh.events.v1 import webhook_service_pb2
from mesh.events.v1.log_pb2 import StartPosition
from mesh.events.v1.webhook_pb2 import WEBHOOK_STATE_DISABLED, WEBHOOK_STATE_ENABLED, Webhook, WebhookAttempt
from mesh.events.v1.webhook_service_pb2 import (
    CreateWebhookRequest,
    GetWebhookRequest,
    GetWebhookSecretRequest,
    ListWebhookAttemptsRequest,
    ReplayWebhookRequest,
    RotateWebhookSecretRequest,
    UpdateWebhookRequest,
)
from services.events.delivery.sender import open_sender
from tests.conftest import Clock, eventually
from tests.events.conftest import STOCK_CHANGED, Events, changed
from tests.inventory.conftest import refused


@dataclass
class Receiver:
    """An HTTP server: answers with a status, and keeps what it got."""

    status: int = 200
    headers: str = ""
    body: bytes = b"thanks"
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:-2]
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
                body = await reader.readexactly(int(headers.get("content-length", 0)))
                self.got.append((headers, body))
                answer = f"HTTP/1.1 {self.status} X\r\ncontent-length: {len(self.body)}\r\n{self.headers}\r\n"
                writer.write(answer.encode() + self.body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def heard(self, count: int) -> None:
        """Returns when so many posts have come."""
        await eventually(lambda: self._heard(count))

    async def _heard(self, count: int) -> bool:
        return len(self.got) >= count


@asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[Receiver]:
    """The receiver, while the block lasts."""
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        server.close()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with listening(Receiver()) as receiver:
        yield receiver


async def _hook(events: Events, url: str, **fields: object) -> str:
    webhook = Webhook(topics=[STOCK_CHANGED], url=url, **fields)  # type: ignore[arg-type]
    start = StartPosition(earliest=True)
    request = CreateWebhookRequest(webhook_id="partner", webhook=webhook, start=start)
    return (await events.webhooks.CreateWebhook(request)).name


async def _secrets(events: Events, name: str) -> list[str]:
    return list((await events.webhooks.GetWebhookSecret(GetWebhookSecretRequest(name=name))).secrets)


async def _attempts(events: Events, name: str) -> list[WebhookAttempt]:
    return list((await events.webhooks.ListWebhookAttempts(ListWebhookAttemptsRequest(parent=name))).attempts)


async def _state(events: Events, name: str, check: Callable[[Webhook], bool]) -> Webhook:
    found = Webhook()

    async def holds() -> bool:
        nonlocal found
        found = await events.webhooks.GetWebhook(GetWebhookRequest(name=name))
        return check(found)

    await eventually(holds)
    return found


def _verify(secret: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether a reference implementation holds the signature for good; it takes only present timestamps."""
    timestamp = headers["webhook-timestamp"]
    try:
        verifier = Verifier(secret)
        signed = verifier.sign(headers["webhook-id"], _instant(timestamp), body.decode())
    except WebhookVerificationError:
        return False
    return signed in headers["webhook-signature"].split(" ")


def _instant(seconds: str) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)


async def test_an_event_is_posted_signed_and_written_down(events: Events, receiver: Receiver) -> None:
    name = await _hook(events, receiver.url, filter="message.stock_level.available > 1")
    [_, sent] = await events.publish(changed(key="a", available=1), changed(key="b", available=2))
    await receiver.heard(1)
    [(headers, body)] = receiver.got
    content = json.loads(body)
    assert (content["type"], content["key"], content["data"]) == (STOCK_CHANGED, "b", {"stockLevel": {"available": 2}})
    assert f"events/{headers['webhook-id']}" == sent.event
    [secret] = await _secrets(events, name)
    assert _verify(secret, headers, body)
    assert not _verify(secret, headers, body + b" ")

    async def noted() -> bool:
        return [(one.event, one.status_code, one.response_excerpt) for one in await _attempts(events, name)] == [
            (sent.event, 200, "thanks")
        ]

    await eventually(noted)


async def test_a_failed_post_is_tried_again_on_schedule(events: Events, receiver: Receiver, clock: Clock) -> None:
    receiver.status = 500
    name = await _hook(events, receiver.url)
    await events.publish(changed())
    await receiver.heard(1)
    failing = await _state(events, name, lambda hook: hook.HasField("failing_since_time"))
    assert failing.state == WEBHOOK_STATE_ENABLED
    receiver.status = 204
    receiver.body = b""
    clock.advance(seconds=5)
    await receiver.heard(2)
    await _state(events, name, lambda hook: not hook.HasField("failing_since_time"))
    assert [(one.attempt, one.status_code) for one in await _attempts(events, name)] == [(2, 204), (1, 500)]
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]


async def test_an_address_that_fails_for_long_is_disabled_and_goes_on_when_enabled(
    events: Events, receiver: Receiver, clock: Clock
) -> None:
    receiver.status = 503
    name = await _hook(events, receiver.url, disable_after=Duration(seconds=3600))
    await events.publish(changed())

    async def disabled() -> bool:
        clock.advance(minutes=20)
        return (await events.webhooks.GetWebhook(GetWebhookRequest(name=name))).state == WEBHOOK_STATE_DISABLED

    await eventually(disabled, 20)
    assert "has failed since" in (await events.webhooks.GetWebhook(GetWebhookRequest(name=name))).disable_reason
    count = len(receiver.got)
    receiver.status = 200
    update = UpdateWebhookRequest(webhook=Webhook(name=name, state=WEBHOOK_STATE_ENABLED))
    assert not (await events.webhooks.UpdateWebhook(update)).disable_reason

    async def told() -> bool:
        clock.advance(minutes=20)  # again and again: when it is tried next is counted from when it is loaded
        return len(receiver.got) > count

    await eventually(told, 20)


async def test_an_address_that_is_gone_is_disabled_at_once(events: Events, receiver: Receiver) -> None:
    receiver.status = 410
    name = await _hook(events, receiver.url)
    await events.publish(changed())
    found = await _state(events, name, lambda hook: hook.state == WEBHOOK_STATE_DISABLED)
    assert "410" in found.disable_reason


async def test_a_rotated_secret_signs_beside_the_old_one_for_a_while(
    events: Events, receiver: Receiver, clock: Clock
) -> None:
    name = await _hook(events, receiver.url)
    [old] = await _secrets(events, name)
    rotation = RotateWebhookSecretRequest(name=name, overlap=Duration(seconds=3600))
    await events.webhooks.RotateWebhookSecret(rotation)
    new, kept = await _secrets(events, name)
    assert kept == old != new
    await events.publish(changed())
    await receiver.heard(1)
    assert all(_verify(secret, *receiver.got[0]) for secret in (old, new))
    clock.advance(hours=1)
    await events.publish(changed())
    await receiver.heard(2)
    assert [_verify(secret, *receiver.got[1]) for secret in (old, new)] == [False, True]


async def test_a_webhook_is_tested_and_replayed(events: Events, receiver: Receiver) -> None:
    name = await _hook(events, receiver.url)
    tested = (await events.webhooks.TestWebhook(webhook_service_pb2.TestWebhookRequest(name=name))).attempt
    assert (tested.status_code, tested.topic, tested.event) == (200, "mesh.events.v1.Test", "")
    await events.publish(*(changed(key=f"k{n}") for n in range(3)))
    await receiver.heard(4)
    request = ReplayWebhookRequest(name=name)
    getattr(request, "from").earliest = True
    await events.webhooks.ReplayWebhook(request)
    await receiver.heard(7)
    ids = [headers["webhook-id"] for headers, _ in receiver.got[1:]]
    assert sorted(set(ids)) == sorted(set(ids[:3]))


async def test_a_test_is_made_once(events: Events, receiver: Receiver) -> None:
    name = await _hook(events, receiver.url)
    request = webhook_service_pb2.TestWebhookRequest(name=name, request_id="0198c0de-0000-7000-8000-000000000001")
    first = await events.webhooks.TestWebhook(request)
    receiver.status = 500
    assert await events.webhooks.TestWebhook(request) == first
    assert len(receiver.got) == 1
    attempts = await events.webhooks.ListWebhookAttempts(ListWebhookAttemptsRequest(parent=name))
    assert [*attempts.attempts] == [first.attempt]


async def test_a_redirect_is_not_followed(events: Events, receiver: Receiver) -> None:
    async with listening(Receiver()) as elsewhere:
        receiver.status, receiver.headers = 302, f"location: {elsewhere.url}\r\n"
        name = await _hook(events, receiver.url)
        tested = (await events.webhooks.TestWebhook(webhook_service_pb2.TestWebhookRequest(name=name))).attempt
        assert (tested.status_code, tested.error) == (302, "answered 302")
        assert elsewhere.got == []


async def test_an_endless_answer_is_cut_off(events: Events, receiver: Receiver) -> None:
    receiver.body = b"x" * 1_000_000
    name = await _hook(events, receiver.url)
    tested = (await events.webhooks.TestWebhook(webhook_service_pb2.TestWebhookRequest(name=name))).attempt
    assert (tested.status_code, len(tested.response_excerpt)) == (200, 1024)


REFUSED_URLS = [
    "http://example.com/",
    "https://10.0.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://[::1]/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[2002:a00:1::]/",
    "https://224.0.0.1/",
    "https://user:password@example.com/",
    "https://example.com/#part",
    "https://example.com:99999/",
    "https://example..com/",
    f"https://{'x' * 64}.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "https://",
    "nonsense",
]


async def test_an_address_that_is_not_public_is_refused(events: Events) -> None:
    for url in REFUSED_URLS:
        refusal = await refused(_hook(events, url))
        assert (refusal.code, refusal.reason, refusal.metadata) == ("INVALID_ARGUMENT", "URL_REFUSED", {"url": url})


async def test_a_name_that_leads_inside_is_refused_when_it_is_connected_to() -> None:
    async with listening(Receiver()) as inside, open_sender(()) as sender:
        answer = await sender.post(f"https://localhost:{inside.port}/", {}, b"")
        assert (answer.status, answer.error) == (0, "Refused: the host leads to an address that is not public")
        assert inside.got == []
