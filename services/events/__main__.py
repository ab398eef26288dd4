"""Events' composition root: settings > stores > delivery > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from clients import contract
from services._platform.clock import Clock, system_clock
from services._platform.paging import Pager
from services._platform.replicas import open_replicas
from services._platform.server import Service, run
from services._platform.settings import Settings, from_environment
from services._platform.stores import open_stores
from services.events import servicer, store, worker
from services.events.convert.topics import Topics, described
from services.events.delivery.charter import Charter, charter
from services.events.delivery.lag import Lags
from services.events.delivery.owners import Owners
from services.events.delivery.posting import Posting
from services.events.delivery.sender import open_sender
from services.events.settings import EventsSettings
from services.events.store.kinds import SUBSCRIPTIONS, WEBHOOKS

NAME = "events"


@asynccontextmanager
async def compose(settings: Settings, own: EventsSettings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Events, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    topics = Topics(described(contract.IMAGE.read_bytes()))
    async with (
        open_stores(NAME, settings, clock) as stores,
        open_sender(own.webhook_networks) as sender,
        open_replicas() as replicas,
    ):
        pool, units, bell = stores.pool, stores.units, stores.doorbell
        log, journal, letters = (
            store.Log(pool, units, bell, clock),
            store.Journal(pool),
            store.DeadLetters(pool, units, bell),
        )
        subscriptions, hooks = store.Groups(pool, units, SUBSCRIPTIONS), store.Groups(pool, units, WEBHOOKS)
        secrets, attempts = store.Secrets(pool, own.key.get_secret_value()), store.Attempts(pool)

        async def find(name: str) -> Charter:
            kind = subscriptions if name.startswith(SUBSCRIPTIONS.prefix) else hooks
            return charter(await kind.get(name), topics)

        posting = Posting(
            hooks=hooks,
            secrets=secrets,
            attempts=attempts,
            units=units,
            sender=sender,
            topics=topics,
            clock=clock,
        )
        lags = Lags(journal, log, letters, clock)
        async with (
            Owners(journal, log, bell, clock, find, settings.listen, own.owner_term).open() as owners,
            worker.open_pushing(hooks, owners, posting) as pushing,
            worker.open_relays(store.Outboxes(pool, clock), stores.redis, bell),
        ):
            yield Service(
                servicers=[
                    servicer.Events(log, topics, pager, clock),
                    servicer.Topics(store.TopicSettings(pool, units), topics, pager),
                    servicer.Subscriptions(subscriptions, log, lags, topics, pager),
                    servicer.Deliveries(owners, replicas),
                    servicer.DeadLetters(letters, pager),
                    servicer.Webhooks(
                        store=hooks,
                        secrets=secrets,
                        attempts=attempts,
                        posting=posting,
                        log=log,
                        topics=topics,
                        networks=own.webhook_networks,
                        pager=pager,
                        clock=clock,
                    ),
                ],
                dependencies=stores.dependencies,
                loops=[
                    stores.housekeeping,
                    pushing.loop,
                    worker.due_mover(log),
                    worker.keeper(log, own.retention, clock, stores.lease("keep-log")),
                    worker.compactor(log, stores.lease("compact-log")),
                    worker.forgetter(journal, attempts, clock, stores.lease("forget-progress")),
                    worker.lag_meter(lags, (subscriptions, hooks)),
                ],
            )


if __name__ == "__main__":
    run(NAME, partial(compose, own=from_environment(EventsSettings)))
