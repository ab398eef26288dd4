"""The RPCs of accounts."""

import uuid_utils

from mesh.identity.v1 import user_pb2, user_service_pb2
from mesh.identity.v1.user_service_servicer import UserServiceServicer
from services._platform import filters, masks
from services._platform.call import Call
from services._platform.clock import Clock
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.identity.convert import users
from services.identity.domain.derivation import Secret
from services.identity.domain.mail_tokens import MailToken, Purpose
from services.identity.domain.users import User, check_reserved, normalised
from services.identity.security.passwords import Passwords
from services.identity.security.sign_in import SignIn
from services.identity.servicer.callers import asked_user, nothing, origin, own_id
from services.identity.store import MailRequests
from services.identity.store import Users as Store

_FIELDS = {"email": EQUALITY - {"!="}}


class Users(UserServiceServicer[Call]):
    """`mesh.identity.v1.UserService`."""

    def __init__(
        self,
        *,
        store: Store,
        mail_requests: MailRequests,
        passwords: Passwords,
        sign_in: SignIn,
        mail: Secret,
        pager: Pager,
        clock: Clock,
    ) -> None:
        self._store = store
        self._mail_requests = mail_requests
        self._passwords = passwords
        self._sign_in = sign_in
        self._mail = mail
        self._pager = pager
        self._clock = clock

    async def CreateUser(self, request: user_service_pb2.CreateUserRequest, call: Call, /) -> user_pb2.User:
        hashed = await self._passwords.hash(request.password, known=False)
        user = User(str(uuid_utils.uuid7()), normalised(request.user.email), request.user.display_name)
        return await self._store.create(user, hashed, origin(call), call.once(user_pb2.User, users.user))

    async def GetUser(self, request: user_service_pb2.GetUserRequest, call: Call, /) -> user_pb2.User:
        return users.user(await self._store.get(asked_user(call, request.name)))

    async def ListUsers(
        self, request: user_service_pb2.ListUsersRequest, call: Call, /
    ) -> user_service_pb2.ListUsersResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(filters.parse(request.filter, _FIELDS), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda user: (user.id,))
        return user_service_pb2.ListUsersResponse(users=map(users.user, shown), next_page_token=token)

    async def UpdateUser(self, request: user_service_pb2.UpdateUserRequest, call: Call, /) -> user_pb2.User:
        def change(before: User) -> User:
            message = masks.changed(users.user(before), request.user, request.update_mask, "user")
            after = users.to_user(before.id, message)
            check_reserved(before, after, call.principal.permissions)
            return after

        once = call.once(user_pb2.User, users.user)
        return await self._store.change(asked_user(call, request.user.name), change, origin(call), once)

    async def ChangePassword(
        self, request: user_service_pb2.ChangePasswordRequest, call: Call, /
    ) -> user_service_pb2.ChangePasswordResponse:
        user, session = own_id(call), call.principal.session
        once = call.once(user_service_pb2.ChangePasswordResponse, nothing(user_service_pb2.ChangePasswordResponse))
        if (said := await self._store.recall(once)) is not None:
            return said  # a replay: the password until then is not the current one any more
        account = await self._sign_in.check_own(user, request.current_password, session, origin(call))
        hashed = await self._passwords.hash(request.new_password, known=True)
        return await self._store.change_password(account, hashed, session, origin(call), once)

    async def RequestEmailVerification(
        self, request: user_service_pb2.RequestEmailVerificationRequest, call: Call, /
    ) -> user_service_pb2.RequestEmailVerificationResponse:
        once = call.once(
            user_service_pb2.RequestEmailVerificationResponse,
            nothing(user_service_pb2.RequestEmailVerificationResponse),
        )
        return await self._mail_requests.add(Purpose.VERIFY_EMAIL, normalised(request.email), origin(call), once)

    async def VerifyEmail(
        self, request: user_service_pb2.VerifyEmailRequest, call: Call, /
    ) -> user_service_pb2.VerifyEmailResponse:
        token = MailToken.read(request.token, Purpose.VERIFY_EMAIL, self._mail, self._clock())
        once = call.once(user_service_pb2.VerifyEmailResponse, nothing(user_service_pb2.VerifyEmailResponse))
        return await self._store.verify_email(token, origin(call), once)

    async def RequestPasswordReset(
        self, request: user_service_pb2.RequestPasswordResetRequest, call: Call, /
    ) -> user_service_pb2.RequestPasswordResetResponse:
        once = call.once(
            user_service_pb2.RequestPasswordResetResponse, nothing(user_service_pb2.RequestPasswordResetResponse)
        )
        return await self._mail_requests.add(Purpose.RESET_PASSWORD, normalised(request.email), origin(call), once)

    async def ResetPassword(
        self, request: user_service_pb2.ResetPasswordRequest, call: Call, /
    ) -> user_service_pb2.ResetPasswordResponse:
        token = MailToken.read(request.token, Purpose.RESET_PASSWORD, self._mail, self._clock())
        hashed = await self._passwords.hash(request.new_password, known=False)
        once = call.once(user_service_pb2.ResetPasswordResponse, nothing(user_service_pb2.ResetPasswordResponse))
        return await self._store.reset_password(token, hashed, origin(call), once)
