"""Makes the first administrator, who can then make everything else: `python -m services.identity.bootstrap`.

Reads what identity itself reads, and MESH_IDENTITY_ADMIN_EMAIL and MESH_IDENTITY_ADMIN_PASSWORD. An address that has
an account already is left as it is.
"""

import asyncio
import os
from contextlib import closing

import uuid_utils

from mesh.identity.v1 import user_pb2
from services._platform.call import Once
from services._platform.clock import system_clock
from services._platform.settings import Settings, from_environment
from services._platform.stores import open_stores
from services.identity import store
from services.identity.__main__ import NAME
from services.identity.convert import users
from services.identity.domain.audit import Origin
from services.identity.domain.derivation import Secret
from services.identity.domain.users import User, normalised
from services.identity.security.passwords import Passwords
from services.identity.settings import IdentitySettings


async def ensure_admin(settings: Settings, own: IdentitySettings, email: str, password: str) -> None:
    """Creates a verified user with the role of an administrator, unless the address has an account."""
    root = Secret(own.key.get_secret_value())
    async with open_stores(NAME, settings, system_clock) as stores:
        accounts = store.Users(stores.pool, stores.units, root.derive("mail"))
        if await accounts.by_email(email) is not None:
            return
        with closing(Passwords(own, root.derive("pepper"))) as passwords:
            hashed = await passwords.hash(password, known=True)
        admin = User(
            id=str(uuid_utils.uuid7()),
            email=normalised(email),
            display_name="Administrator",
            roles=("admin",),
            tier="enterprise",
            email_verified=True,
        )
        origin = Origin("bootstrap", "", "")
        once = Once("", "bootstrap", origin.actor, b"", user_pb2.User, users.user)
        await accounts.create(admin, hashed, origin, once)


def main() -> None:
    """Makes the administrator that the environment names."""
    email, password = (os.environ[f"MESH_IDENTITY_ADMIN_{part}"] for part in ("EMAIL", "PASSWORD"))
    asyncio.run(ensure_admin(from_environment(Settings), from_environment(IdentitySettings), email, password))


if __name__ == "__main__":
    main()
