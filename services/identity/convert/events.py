"""What identity announces, as event messages with the name of the resource that each is about."""

from datetime import UTC, datetime

from google.protobuf.message import Message

from mesh.identity.v1 import event_pb2
from services._platform.outbox import Event
from services._platform.times import timestamp
from services.identity.convert import api_keys, names, sessions, users
from services.identity.domain.api_keys import ApiKey
from services.identity.domain.derivation import Secret
from services.identity.domain.mail_tokens import MailToken, Purpose
from services.identity.domain.sessions import Session
from services.identity.domain.signing_keys import SigningKey
from services.identity.domain.users import Account, User

_MAIL = {
    Purpose.VERIFY_EMAIL: event_pb2.EmailVerificationRequested,
    Purpose.RESET_PASSWORD: event_pb2.PasswordResetRequested,
}


def user_changed(user: User) -> Event:
    """A user was created or updated."""
    return _of_user(user, event_pb2.UserChanged(user=users.user(user)))


def sign_up_repeated(user: User) -> Event:
    """Somebody tried to sign up with a user's address."""
    return _of_user(user, event_pb2.SignUpRepeated(user=users.user(user)))


def password_changed(user: User) -> Event:
    """A user's password was changed."""
    return _of_user(user, event_pb2.PasswordChanged(user=users.user(user)))


def mail(purpose: Purpose, account: Account, secret: Secret, now: datetime) -> Event:
    """A token is to be sent to a user's address."""
    token = MailToken.issue(purpose, account.user.id, account.password_version, now)
    expiry = datetime.fromtimestamp(token.expires, UTC)
    message = _MAIL[purpose](user=users.user(account.user), token=token.text(secret), expire_time=timestamp(expiry))
    return _of_user(account.user, message)


def session_created(session: Session) -> Event:
    """A user signed in."""
    return Event(names.SESSION.name(session.id), event_pb2.SessionCreated(session=sessions.session(session)))


def session_revoked(session: Session, cause: str) -> Event:
    """A session was ended."""
    message = event_pb2.SessionRevoked(session=sessions.session(session), cause=cause)
    return Event(names.SESSION.name(session.id), message)


def api_key_changed(key: ApiKey) -> Event:
    """An API key was created or rotated."""
    return Event(names.API_KEY.name(key.id), event_pb2.ApiKeyChanged(api_key=api_keys.api_key(key)))


def api_key_revoked(id: str) -> Event:
    """An API key was revoked."""
    name = names.API_KEY.name(id)
    return Event(name, event_pb2.ApiKeyRevoked(api_key=name))


def signing_key_rotated(key: SigningKey) -> Event:
    """The next signing key was made."""
    message = event_pb2.SigningKeyRotated(kid=key.kid, activate_time=timestamp(key.activate_time))
    return Event(f"signingKeys/{key.kid}", message)


def _of_user(user: User, message: Message) -> Event:
    return Event(names.USER.name(user.id), message)
