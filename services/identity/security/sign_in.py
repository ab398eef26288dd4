"""Signing in by password. Whatever is wrong, the answer is the same, and so is what it takes to find out."""

import secrets
from dataclasses import dataclass
from datetime import datetime

import uuid_utils

from services._platform.clock import Clock
from services.identity.convert import names
from services.identity.domain.audit import Entry, Origin
from services.identity.domain.derivation import Secret
from services.identity.domain.devices import Device
from services.identity.domain.refusals import SignInRefused
from services.identity.domain.sessions import Lifetimes, Session
from services.identity.domain.users import Account, normalised
from services.identity.security.passwords import Passwords
from services.identity.security.throttle import Attempt, Throttle
from services.identity.store import AuditLog, Sessions, Users


@dataclass(frozen=True, slots=True)
class Login:
    """What somebody signs in with."""

    email: str
    password: str
    device_name: str
    device_token: str
    request: str
    """What a replay is known by; empty for none."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, with which session, on which device."""

    account: Account
    session: Session
    device: Device


class SignIn:
    """Checks passwords."""

    def __init__(
        self,
        *,
        users: Users,
        sessions: Sessions,
        log: AuditLog,
        passwords: Passwords,
        throttle: Throttle,
        lifetimes: Lifetimes,
        devices: Secret,
        clock: Clock,
    ) -> None:
        self._users = users
        self._sessions = sessions
        self._log = log
        self._passwords = passwords
        self._throttle = throttle
        self._lifetimes = lifetimes
        self._devices = devices
        self._clock = clock

    async def sign_in(self, login: Login, origin: Origin) -> SignedIn:
        """A new session, or that of the request when it is replayed."""
        account = await self._users.by_email(login.email)
        device = self._device(login.device_token, account)
        attempt = Attempt(normalised(login.email), origin.address, device)
        known = await self._check(account, login.password, attempt, origin)
        device = device or Device(str(uuid_utils.uuid7()), known.user.id)
        now = self._clock()
        session = self._new_session(known, login, origin.address, now)
        code = self._devices.code(b"request", known.user.id.encode(), login.request.encode()) if login.request else None
        actor = Origin(names.USER.name(known.user.id), origin.address, origin.request_id)
        kept = await self._sessions.create(session, code, actor)
        if not kept.open_at(now):
            raise SignInRefused
        return SignedIn(known, kept, device)

    async def check_own(self, user: str, password: str, session: str, origin: Origin) -> Account:
        """The account of who is signed in already and says their password again. Their session counts as a device."""
        account = await self._users.account(user)
        attempt = Attempt(account.user.email, origin.address, Device(session or user, user))
        return await self._check(account, password, attempt, origin)

    async def _check(self, account: Account | None, password: str, attempt: Attempt, origin: Origin) -> Account:
        await self._throttle.enter(attempt)
        known = attempt.device is not None
        verdict = await self._passwords.verify(account.password_hash if account else "", password, known=known)
        if account is None or not verdict.right or not account.user.may_sign_in:
            subject = names.USER.name(account.user.id) if account else ""
            await self._log.add(Entry("sign_in.refused", origin, subject))
            raise SignInRefused
        await self._throttle.succeeded(attempt)
        if verdict.outdated:
            await self._users.renew_hash(account, await self._passwords.hash(password, known=known))
        return account

    def _device(self, token: str, account: Account | None) -> Device | None:
        """The known device, if it is one of this account's: another's is a stranger here."""
        device = Device.parse(token, self._devices)
        return device if device and account and device.user == account.user.id else None

    def _new_session(self, account: Account, login: Login, address: str, now: datetime) -> Session:
        return Session(
            id=str(uuid_utils.uuid7()),
            user=account.user.id,
            device_name=login.device_name,
            address=address,
            seed=secrets.token_bytes(16),
            generation=1,
            create_time=now,
            refresh_time=now,
            expire_time=self._lifetimes.expiry(now, now),
        )
