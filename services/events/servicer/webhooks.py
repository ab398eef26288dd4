"""The webhooks' RPCs."""

from collections.abc import Collection
from datetime import timedelta

import uuid_utils
from google.protobuf.empty_pb2 import Empty

from mesh.events.v1 import webhook_service_pb2
from mesh.events.v1.webhook_pb2 import WEBHOOK_STATE_DISABLED, WEBHOOK_STATE_ENABLED, Webhook
from mesh.events.v1.webhook_service_servicer import WebhookServiceServicer
from services._platform import masks
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services._platform.paging import Pager
from services._platform.times import timestamp
from services._platform.unit_of_work import Unit
from services.events.convert import names
from services.events.convert.shown import attempt, kept
from services.events.convert.topics import Topics
from services.events.delivery.filters import Filter
from services.events.delivery.posting import Posting
from services.events.domain.addresses import Network, check_url
from services.events.domain.webhooks import Attempt
from services.events.domain.webhooks import shown as secret_shown
from services.events.servicer import starts
from services.events.store.attempts import Attempts
from services.events.store.groups import Groups, Stored
from services.events.store.kinds import message
from services.events.store.log import Log
from services.events.store.secrets import Secrets

_OVERLAP = timedelta(days=1)


class Webhooks(WebhookServiceServicer[Call]):
    """`mesh.events.v1.WebhookService`."""

    def __init__(
        self,
        *,
        store: Groups[Webhook],
        secrets: Secrets,
        attempts: Attempts,
        posting: Posting,
        log: Log,
        topics: Topics,
        networks: Collection[Network],
        pager: Pager,
        clock: Clock,
    ) -> None:
        self._store = store
        self._secrets = secrets
        self._attempts = attempts
        self._posting = posting
        self._log = log
        self._topics = topics
        self._networks = networks
        self._pager = pager
        self._clock = clock

    async def CreateWebhook(self, request: webhook_service_pb2.CreateWebhookRequest, call: Call, /) -> Webhook:
        definition = kept(request.webhook)
        for field in ("failing_since_time", "disable_reason"):
            definition.ClearField(field)
        name = names.WEBHOOK.name(request.webhook_id or str(uuid_utils.uuid7()))
        tail = await starts.position(self._log, request.start)

        async def add_secret(unit: Unit, created: Stored[Webhook]) -> None:
            await self._secrets.add(unit, created.uid, unit.now)

        once = call.once(Webhook, message)
        definition.state = definition.state or WEBHOOK_STATE_ENABLED
        return await self._store.create(name, self._checked(definition), tail, once, add_secret)

    async def GetWebhook(self, request: webhook_service_pb2.GetWebhookRequest, call: Call, /) -> Webhook:
        return message(await self._store.get(request.name))

    async def ListWebhooks(
        self, request: webhook_service_pb2.ListWebhooksRequest, call: Call, /
    ) -> webhook_service_pb2.ListWebhooksResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(page.key or "", page.limit)
        cut, token = self._pager.cut(request, page, found, lambda one: (one.name,))
        return webhook_service_pb2.ListWebhooksResponse(webhooks=map(message, cut), next_page_token=token)

    async def UpdateWebhook(self, request: webhook_service_pb2.UpdateWebhookRequest, call: Call, /) -> Webhook:
        def change(before: Stored[Webhook]) -> Webhook:
            patched = masks.changed(message(before), request.webhook, request.update_mask, "webhook")
            patched.state = patched.state or WEBHOOK_STATE_ENABLED
            if patched.state != WEBHOOK_STATE_DISABLED:
                for field in ("failing_since_time", "disable_reason"):
                    patched.ClearField(field)
            return self._checked(kept(patched))

        return await self._store.change(request.webhook.name, change, call.once(Webhook, message))

    async def DeleteWebhook(self, request: webhook_service_pb2.DeleteWebhookRequest, call: Call, /) -> Empty:
        return await self._store.delete(request.name, call.once(Empty, lambda _: Empty()))

    async def GetWebhookSecret(
        self, request: webhook_service_pb2.GetWebhookSecretRequest, call: Call, /
    ) -> webhook_service_pb2.GetWebhookSecretResponse:
        hook = await self._store.get(request.name)
        secrets = await self._secrets.present(hook.uid, self._clock())
        return webhook_service_pb2.GetWebhookSecretResponse(secrets=map(secret_shown, secrets))

    async def RotateWebhookSecret(
        self, request: webhook_service_pb2.RotateWebhookSecretRequest, call: Call, /
    ) -> webhook_service_pb2.RotateWebhookSecretResponse:
        overlap = request.overlap.ToTimedelta() if request.HasField("overlap") else _OVERLAP
        end = self._clock() + overlap

        async def add_secret(unit: Unit, hook: Stored[Webhook]) -> None:
            await self._secrets.add(unit, hook.uid, end)

        answer = webhook_service_pb2.RotateWebhookSecretResponse
        once: Once[Stored[Webhook], webhook_service_pb2.RotateWebhookSecretResponse] = call.once(
            answer, lambda _: answer(overlap_end_time=timestamp(end))
        )
        return await self._store.change(request.name, lambda hook: hook.definition, once, add_secret, versions=False)

    async def TestWebhook(
        self, request: webhook_service_pb2.TestWebhookRequest, call: Call, /
    ) -> webhook_service_pb2.TestWebhookResponse:
        answer = webhook_service_pb2.TestWebhookResponse
        once: Once[Attempt, webhook_service_pb2.TestWebhookResponse] = call.once(
            answer, lambda done: answer(attempt=attempt(done))
        )
        # Asked again under the same request id, the address gets the same message id, and can tell.
        return await self._posting.test(request.name, request.request_id or str(uuid_utils.uuid7()), once)

    async def ReplayWebhook(
        self, request: webhook_service_pb2.ReplayWebhookRequest, call: Call, /
    ) -> webhook_service_pb2.ReplayWebhookResponse:
        position = await starts.position(self._log, getattr(request, "from"))
        answer = webhook_service_pb2.ReplayWebhookResponse
        once: Once[int, webhook_service_pb2.ReplayWebhookResponse] = call.once(
            answer, lambda found: answer(position=found)
        )
        return await self._store.seek(request.name, position, once)

    async def ListWebhookAttempts(
        self, request: webhook_service_pb2.ListWebhookAttemptsRequest, call: Call, /
    ) -> webhook_service_pb2.ListWebhookAttemptsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._attempts.page(request.parent, page.key, page.limit)
        cut, token = self._pager.cut(request, page, found, lambda one: (one[0],))
        return webhook_service_pb2.ListWebhookAttemptsResponse(
            attempts=[attempt(one) for _, one in cut], next_page_token=token
        )

    def _checked(self, definition: Webhook) -> Webhook:
        Filter(definition.filter, definition.topics, self._topics, "webhook.filter")
        check_url(definition.url, self._networks)
        return definition
