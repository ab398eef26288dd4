"""Sessions and what they are used with, as messages."""

from datetime import datetime

from mesh.identity.v1 import session_pb2
from services._platform.times import timestamp
from services.identity.convert import names
from services.identity.domain.sessions import Session


def session(session: Session) -> session_pb2.Session:
    """A session as a message, without what its tokens are made of."""
    return session_pb2.Session(
        name=names.SESSION.name(session.id),
        user=names.USER.name(session.user),
        device_name=session.device_name,
        address=session.address,
        create_time=timestamp(session.create_time),
        refresh_time=timestamp(session.refresh_time),
        expire_time=timestamp(session.expire_time),
    )


def tokens(session: Session, access: str, access_expiry: datetime, refresh: str) -> session_pb2.Tokens:
    """The tokens of a session as a message."""
    return session_pb2.Tokens(
        access_token=access,
        access_expire_time=timestamp(access_expiry),
        refresh_token=refresh,
        refresh_expire_time=timestamp(session.expire_time),
    )
