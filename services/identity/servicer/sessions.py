"""The RPCs of signing in and out."""

from google.protobuf.empty_pb2 import Empty

from mesh.identity.v1 import session_pb2, session_service_pb2
from mesh.identity.v1.session_service_servicer import SessionServiceServicer
from services._platform.call import Call
from services._platform.paging import Pager
from services.identity.convert import names, sessions
from services.identity.domain.derivation import Secret
from services.identity.domain.refusals import SessionNotFound
from services.identity.domain.sessions import RefreshToken, Session, refresh_token
from services.identity.security.sign_in import Login, SignIn
from services.identity.security.tokens import Claims, Mint
from services.identity.servicer.callers import asked_user, nothing, origin, restricted_to
from services.identity.settings import IdentitySettings
from services.identity.store import Sessions as Store

_CURRENT = "sessions/current"


class Sessions(SessionServiceServicer[Call]):
    """`mesh.identity.v1.SessionService`."""

    def __init__(
        self,
        *,
        store: Store,
        sign_in: SignIn,
        mint: Mint,
        refresh: Secret,
        devices: Secret,
        settings: IdentitySettings,
        pager: Pager,
    ) -> None:
        self._store = store
        self._sign_in = sign_in
        self._mint = mint
        self._refresh = refresh
        self._devices = devices
        self._settings = settings
        self._pager = pager

    async def CreateSession(
        self, request: session_service_pb2.CreateSessionRequest, call: Call, /
    ) -> session_service_pb2.CreateSessionResponse:
        login = Login(request.email, request.password, request.device_name, request.device_token, call.idempotency_key)
        done = await self._sign_in.sign_in(login, origin(call))
        user = done.account.user
        return session_service_pb2.CreateSessionResponse(
            session=sessions.session(done.session),
            tokens=await self._tokens(done.session, user.roles, user.tier),
            device_token=done.device.token(self._devices),
        )

    async def RefreshSession(
        self, request: session_service_pb2.RefreshSessionRequest, call: Call, /
    ) -> session_service_pb2.RefreshSessionResponse:
        token = RefreshToken.parse(request.refresh_token)
        fresh = await self._store.refresh(token, origin(call))
        tokens = await self._tokens(fresh.session, fresh.roles, fresh.tier)
        return session_service_pb2.RefreshSessionResponse(tokens=tokens)

    async def ListSessions(
        self, request: session_service_pb2.ListSessionsRequest, call: Call, /
    ) -> session_service_pb2.ListSessionsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(asked_user(call, request.user), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda session: (session.id,))
        return session_service_pb2.ListSessionsResponse(sessions=map(sessions.session, shown), next_page_token=token)

    async def DeleteSession(self, request: session_service_pb2.DeleteSessionRequest, call: Call, /) -> Empty:
        id_ = call.principal.session if request.name == _CURRENT else names.SESSION.id(request.name)
        if not id_:
            raise SessionNotFound("current")
        return await self._store.end(id_, restricted_to(call), origin(call), call.once(Empty, nothing(Empty)))

    async def RevokeSessions(
        self, request: session_service_pb2.RevokeSessionsRequest, call: Call, /
    ) -> session_service_pb2.RevokeSessionsResponse:
        once = call.once(session_service_pb2.RevokeSessionsResponse, _revoked)
        keep = call.principal.session if request.keep_current else ""
        return await self._store.end_all(asked_user(call, request.user), keep or None, origin(call), once)

    async def _tokens(self, session: Session, roles: tuple[str, ...], tier: str) -> session_pb2.Tokens:
        """The tokens of the session's present generation: the same each time, so that a replay is told them again."""
        name, id_ = names.USER.name(session.user), f"{session.id}.{session.generation}"
        claims = Claims(name, id_, roles, tier, session=session.id)
        access, expiry = await self._mint.token(claims, session.refresh_time, self._settings.access_lifetime)
        return sessions.tokens(session, access, expiry, refresh_token(session, self._refresh))


def _revoked(count: int) -> session_service_pb2.RevokeSessionsResponse:
    return session_service_pb2.RevokeSessionsResponse(revoked_count=count)
