"""Which tokens services accept, and from whom they learn the keys."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import grpc
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mesh.identity.v1 import key_service_pb2
from mesh.inventory.v1.product_service_pb2 import ListProductsRequest
from services._platform.access_token import AccessTokens
from services._platform.clock import system_clock
from services._platform.jwks import FixedKeys
from services._platform.service_token import ServiceToken
from services.identity.bootstrap import ensure_admin
from services.inventory.__main__ import compose as compose_inventory
from tests import callers
from tests.callers import KEY, KID, token
from tests.conftest import Clock, Database, serving, settings
from tests.identity.conftest import ADMIN_EMAIL, PASSWORD, Identity, own, running
from tests.inventory.conftest import Inventory, refusal_of, refused


def _signed(key: object = KEY, algorithm: str = "EdDSA", kid: str = KID) -> str:
    claims = jwt.decode(token(), options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})  # type: ignore[arg-type]


def _unsigned() -> str:
    _, body, _ = token().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none", "kid": KID}).encode()).decode().rstrip("=")
    return f"{none}.{body}."


BAD: dict[str, Callable[[], str]] = {
    "expired": lambda: token(exp=int(time.time()) - 6),
    "not yet": lambda: token(nbf=int(time.time()) + 60),
    "made in the future": lambda: token(iat=int(time.time()) + 60),
    "wrong audience": lambda: token(aud=["shop"]),
    "no audience": lambda: token(aud=None),
    "wrong issuer": lambda: token(iss="https://evil"),
    "no issuer": lambda: token(iss=None),
    "no expiry": lambda: token(exp=None),
    "no subject": lambda: token(sub=None),  # type: ignore[arg-type]
    "expiry that is no number": lambda: token(exp="soon"),
    "roles that are no list": lambda: token(roles=[1]),  # type: ignore[list-item]
    "scopes that are no list": lambda: token(scopes="inventory.read"),
    "another's key": lambda: _signed(Ed25519PrivateKey.generate()),
    "unknown key": lambda: _signed(kid="other"),
    "no key": lambda: _signed(kid=""),
    "alg none": _unsigned,
    "public key as HMAC secret": lambda: _signed(callers.X, "HS256"),
    "cut": lambda: token()[:-10],
    "changed": lambda: ".".join([token().split(".")[0], token(sub="users/eve").split(".")[1], token().split(".")[2]]),
    "overlong": lambda: token(pad="x" * 5000),
    "nonsense": lambda: "a.b.c",
    "empty": lambda: "",
}


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
async def test_a_service_refuses_a_token_that_does_not_hold(database: Database, bad: Callable[[], str]) -> None:
    async with serving(compose_inventory, settings(database, "inventory"), access_token="") as channel:
        inventory = Inventory(channel, Clock())
        metadata = (("authorization", f"Bearer {bad()}"),)
        refusal = await refused(inventory.products.ListProducts(ListProductsRequest(), metadata=metadata))
        assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "CREDENTIALS_INVALID")


async def test_deny_by_default(database: Database) -> None:
    async with serving(compose_inventory, settings(database, "inventory"), access_token="") as channel:
        inventory = Inventory(channel, Clock())

        async def reason(*metadata: tuple[str, str]) -> str:
            return (await refused(inventory.products.ListProducts(ListProductsRequest(), metadata=metadata))).reason

        assert await reason() == "CREDENTIALS_INVALID"
        assert await reason(("authorization", "Basic eDp5")) == "CREDENTIALS_INVALID"
        assert await reason(("x-api-key", "mk_x")) == "CREDENTIALS_INVALID"
        assert await reason(("authorization", f"Bearer {token(roles=[])}")) == "PERMISSION_MISSING"
        assert await reason(("authorization", f"Bearer {token(roles=['emperor'])}")) == "PERMISSION_MISSING"
        assert await reason(("authorization", f"Bearer {token(scopes=[])}")) == "PERMISSION_MISSING"
    async with serving(compose_inventory, settings(database, "inventory", jwks="")) as channel:
        assert (await refused(Inventory(channel, Clock()).products.ListProducts(ListProductsRequest()))).reason == (
            "CREDENTIALS_INVALID"
        )


async def test_a_token_that_was_verified_still_expires() -> None:
    clock = Clock()
    clock.now = datetime.now(UTC)
    tokens = AccessTokens(FixedKeys({KID: KEY.public_key()}), {"admin": frozenset({"a.b"})}, clock)
    text = token()
    assert (await tokens.principal(text)).may("a.b")
    clock.advance(seconds=604)
    assert (await tokens.principal(text)).may("a.b")
    clock.advance(seconds=2)
    with pytest.raises(Exception, match="expired"):
        await tokens.principal(text)


async def test_what_is_remembered_is_bounded() -> None:
    tokens = AccessTokens(FixedKeys({KID: KEY.public_key()}), {}, system_clock, remembered=10)
    for number in range(30):
        await tokens.principal(token(jti=str(number)))
    assert len(tokens._verified) == 10


async def test_keys_rotate_under_a_running_service_that_outlives_identity(database: Database, port: int) -> None:
    clock = Clock()
    clock.now = datetime.now(UTC)
    listening = settings(database, "identity", listen=f"127.0.0.1:{port}")
    await ensure_admin(listening, own(), ADMIN_EMAIL, PASSWORD)
    fetching = settings(database, "inventory", jwks="", identity=f"ipv4:127.0.0.1:{port}")
    async with serving(compose_inventory, fetching, access_token="") as channel:
        inventory = Inventory(channel, clock)

        async def lists(access_token: str) -> None:
            metadata = (("authorization", f"Bearer {access_token}"),)
            await inventory.products.ListProducts(ListProductsRequest(), metadata=metadata)

        away = await refused(lists(_signed()))
        assert (away.code, away.metadata) == ("UNAVAILABLE", {"dependency": "identity"})
        async with running(database, clock, listening) as identity:
            old = (await identity.sign_in(ADMIN_EMAIL)).tokens.access_token
            await _until_known(lambda: lists(old))
            admin = await identity.admin()
            made = await admin.keys.RotateSigningKey(key_service_pb2.RotateSigningKeyRequest())
            published = await identity.keys.GetJwks(key_service_pb2.GetJwksRequest())
            assert [key.kid for key in published.keys] == [made.kid, jwt.get_unverified_header(old)["kid"]]
            clock.advance(seconds=1)
            new = (await identity.sign_in(ADMIN_EMAIL)).tokens.access_token
            assert jwt.get_unverified_header(new)["kid"] == made.kid
            await _until_known(lambda: lists(new))
            await lists(old)
            late = (await identity.sign_in(ADMIN_EMAIL)).tokens.access_token
        await lists(late)  # identity is away; its keys are known
        await lists(old)


async def test_a_retired_key_is_published_until_its_last_token_expired(identity: Identity) -> None:
    admin = await identity.admin()
    first = (await identity.keys.GetJwks(key_service_pb2.GetJwksRequest())).keys[0].kid
    await admin.keys.RotateSigningKey(key_service_pb2.RotateSigningKeyRequest())
    identity.clock.advance(minutes=10)
    assert first in [key.kid for key in (await identity.keys.GetJwks(key_service_pb2.GetJwksRequest())).keys]
    identity.clock.advance(minutes=2)
    assert first not in [key.kid for key in (await identity.keys.GetJwks(key_service_pb2.GetJwksRequest())).keys]


async def test_a_new_key_is_published_before_it_signs(database: Database, clock: Clock) -> None:
    await ensure_admin(settings(database, "identity"), own(), ADMIN_EMAIL, PASSWORD)
    async with running(database, clock, key_lead=600) as identity:
        admin = await identity.admin()
        made = await admin.keys.RotateSigningKey(key_service_pb2.RotateSigningKeyRequest())

        async def signer() -> str:
            tokens = (await identity.sign_in(ADMIN_EMAIL)).tokens
            return str(jwt.get_unverified_header(tokens.access_token)["kid"])

        assert await signer() != made.kid
        clock.advance(minutes=10)
        assert await signer() == made.kid


async def test_however_often_keys_are_rotated_one_signs(database: Database, clock: Clock) -> None:
    await ensure_admin(settings(database, "identity"), own(), ADMIN_EMAIL, PASSWORD)
    async with running(database, clock, key_lead=600) as identity:
        admin = await identity.admin()
        before = jwt.get_unverified_header((await identity.sign_in(ADMIN_EMAIL)).tokens.access_token)["kid"]
        for _ in range(15):
            await admin.keys.RotateSigningKey(key_service_pb2.RotateSigningKeyRequest())
        token = (await identity.sign_in(ADMIN_EMAIL)).tokens.access_token
        assert jwt.get_unverified_header(token)["kid"] == before
        published = await identity.keys.GetJwks(key_service_pb2.GetJwksRequest())
        assert before in [key.kid for key in published.keys]


async def test_private_keys_are_sealed(identity: Identity, database: Database) -> None:
    await identity.admin()
    async with database.connect() as sql:
        [row] = await sql.fetch("SELECT kid, private FROM identity.signing_key")
    [key] = (await identity.keys.GetJwks(key_service_pb2.GetJwksRequest())).keys
    assert key.kid == row["kid"]
    for start in range(len(row["private"]) - 31):
        opened = Ed25519PrivateKey.from_private_bytes(row["private"][start : start + 32]).public_key()
        assert base64.urlsafe_b64encode(opened.public_bytes_raw()).decode().rstrip("=") != key.x


async def test_a_service_gets_a_token_by_its_secret(database: Database, port: int) -> None:
    secret = "a secret of inventory's"  # noqa: S105
    digest = hashlib.sha256(secret.encode()).hexdigest()
    clock = Clock()
    clock.now = datetime.now(UTC)
    listening = settings(database, "identity", listen=f"127.0.0.1:{port}")
    calling = settings(database, "inventory", identity=f"ipv4:127.0.0.1:{port}", service_secret=secret)
    async with running(
        database, clock, listening, service_secrets={"inventory": ["00", digest], "jobs": [digest]}
    ) as identity:
        own_token = ServiceToken(calling, "inventory", clock)
        first = await own_token.headers()
        claims = jwt.decode(first["authorization"].removeprefix("Bearer "), options={"verify_signature": False})
        assert (claims["sub"], claims["roles"]) == ("services/inventory", ["service"])
        assert await own_token.headers() == first
        # What calls for others is something else than a service that calls for itself.
        deputy = jwt.decode(
            (await ServiceToken(calling, "jobs", clock).headers())["authorization"].removeprefix("Bearer "),
            options={"verify_signature": False},
        )
        assert (deputy["sub"], deputy["roles"]) == ("services/jobs", ["deputy"])
        clock.advance(minutes=8)
        renewed = await own_token.headers()
        assert renewed != first
        for basic in ("inventory:wrong", "orders:" + secret, "inventory:", ":", ""):
            proof = "Basic " + base64.b64encode(basic.encode()).decode()
            issue = identity.keys.IssueServiceToken(
                key_service_pb2.IssueServiceTokenRequest(), metadata=(("authorization", proof),)
            )
            assert (await refused(issue)).reason == "CREDENTIALS_INVALID"
        # A user is no service.
        await ensure_admin(listening, own(), ADMIN_EMAIL, PASSWORD)
        admin = await identity.admin()
        refusal = await refused(admin.keys.IssueServiceToken(key_service_pb2.IssueServiceTokenRequest()))
        assert refusal.code == "PERMISSION_DENIED"
    clock.advance(minutes=8)  # identity is away: the token at hand holds for two minutes yet
    assert await own_token.headers() == renewed
    clock.advance(minutes=3)
    with pytest.raises(Exception, match="gives no token"):
        await own_token.headers()


async def _until_known(call: Callable[[], Awaitable[None]]) -> None:
    """Unknown keys are fetched at most once a second: calls until the present ones are known."""
    async with asyncio.timeout(5):
        while True:
            try:
                await call()
            except grpc.aio.AioRpcError as error:
                if refusal_of(error).code not in ("UNAUTHENTICATED", "UNAVAILABLE"):
                    raise
                await asyncio.sleep(0.05)
            else:
                return
