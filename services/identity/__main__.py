"""Identity's composition root: settings > stores > security > servicers > serve."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from functools import partial

from clients import contract
from mesh.identity.v1 import check_pb2
from services._platform.access_token import AccessTokens
from services._platform.clock import Clock, system_clock
from services._platform.grpc_host import ForeignRpc
from services._platform.paging import Pager
from services._platform.server import Service, run
from services._platform.settings import Settings, from_environment
from services._platform.stores import open_stores
from services.identity import servicer, store, worker
from services.identity.domain.api_keys import Values
from services.identity.domain.derivation import Secret
from services.identity.domain.sessions import Lifetimes
from services.identity.security.api_key_check import ApiKeyCheck
from services.identity.security.callers import authenticator
from services.identity.security.key_cache import KeyCache
from services.identity.security.keyring import Keyring
from services.identity.security.passwords import Passwords
from services.identity.security.sign_in import SignIn
from services.identity.security.throttle import Throttle
from services.identity.security.tokens import Mint
from services.identity.settings import IdentitySettings

NAME = "identity"
CHECK = "/envoy.service.auth.v3.Authorization/Check"


@asynccontextmanager
async def compose(settings: Settings, own: IdentitySettings, clock: Clock = system_clock) -> AsyncIterator[Service]:
    """Identity, ready to be served."""
    pager = Pager(settings.signing_key.get_secret_value())
    root = Secret(own.key.get_secret_value())
    mail, devices, refresh = root.derive("mail"), root.derive("devices"), root.derive("refresh")
    lifetimes = Lifetimes(own.session_idle, own.session_lifetime, own.refresh_grace)
    async with open_stores(NAME, settings, clock) as stores:
        pool, units, redis = stores.pool, stores.units, stores.redis
        users, log = store.Users(pool, units, mail), store.AuditLog(pool, units)
        sessions = store.Sessions(pool, units, clock, lifetimes, refresh)
        mail_requests, api_keys = store.MailRequests(units, mail), store.ApiKeys(pool, units)
        keyring = Keyring(store.SigningKeys(pool, units), own, root.derive("seal"), clock)
        mint, values = Mint(keyring), Values(root.derive("api keys"))
        cache = KeyCache(pool, stores.doorbell)
        check = ApiKeyCheck(
            keys=api_keys, values=values, cache=cache, mint=mint, redis=redis, memory=own.api_key_memory, clock=clock
        )
        with closing(Passwords(own, root.derive("pepper"))) as passwords:
            sign_in = SignIn(
                users=users,
                sessions=sessions,
                log=log,
                passwords=passwords,
                throttle=Throttle(redis, clock),
                lifetimes=lifetimes,
                devices=devices,
                clock=clock,
            )
            async with cache.following():
                yield Service(
                    servicers=[
                        servicer.Users(
                            store=users,
                            mail_requests=mail_requests,
                            passwords=passwords,
                            sign_in=sign_in,
                            mail=mail,
                            pager=pager,
                            clock=clock,
                        ),
                        servicer.Sessions(
                            store=sessions,
                            sign_in=sign_in,
                            mint=mint,
                            refresh=refresh,
                            devices=devices,
                            settings=own,
                            pager=pager,
                        ),
                        servicer.ApiKeys(api_keys, values, pager),
                        servicer.Keys(keyring, mint, own.access_lifetime, clock),
                        servicer.AuditEntries(log, pager),
                    ],
                    dependencies=stores.dependencies,
                    loops=[
                        stores.housekeeping,
                        worker.key_keeper(keyring),
                        worker.mailer(mail_requests),
                        worker.use_noter(check),
                        worker.sweeper(sessions, stores.lease("forget-sessions")),
                    ],
                    handlers=[ForeignRpc(CHECK, check_pb2.CheckRequest.FromString, check.Check)],
                    authenticate=authenticator(AccessTokens(keyring, contract.roles(), clock), own.service_secrets),
                )


if __name__ == "__main__":
    run(NAME, partial(compose, own=from_environment(IdentitySettings)))
