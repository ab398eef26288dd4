"""The secrets of a local mesh: made once, kept in a file that only its owner can read."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from services._local.layout import read_json, write_json


@dataclass(frozen=True, slots=True)
class Credentials:
    """Passwords of the stores' superusers and of each service's database role; keys; secrets of the services."""

    postgres: str
    redis: str
    signing_key: str
    """64 hex digits; signs page tokens."""
    identity_key: str
    """64 hex digits; identity derives what it hands out from it."""
    events_key: str
    """64 hex digits; events derives the secrets of webhooks from it."""
    provider_key: str
    """By which the provider of payments knows us."""
    webhook_secret: str
    """What the provider of payments signs its webhooks with."""
    roles: Mapping[str, str]
    """Passwords of the database roles, by service."""
    services: Mapping[str, str]
    """By which each service proves to identity who it is."""

    @property
    def service_digests(self) -> dict[str, list[str]]:
        """What identity knows of the services' secrets."""
        return {name: [hashlib.sha256(secret.encode()).hexdigest()] for name, secret in self.services.items()}


def load(path: Path, services: Sequence[str]) -> Credentials:
    """The secrets in the file; what is missing is generated and saved."""
    saved = read_json(path, {})
    roles, proofs = saved.get("roles", {}), saved.get("services", {})
    credentials = Credentials(
        postgres=saved.get("postgres") or secrets.token_hex(24),
        redis=saved.get("redis") or secrets.token_hex(24),
        signing_key=saved.get("signing_key") or secrets.token_hex(32),
        identity_key=saved.get("identity_key") or secrets.token_hex(32),
        events_key=saved.get("events_key") or secrets.token_hex(32),
        provider_key=saved.get("provider_key") or secrets.token_hex(24),
        webhook_secret=saved.get("webhook_secret") or secrets.token_hex(32),
        roles=roles | {name: secrets.token_hex(24) for name in services if name not in roles},
        services=proofs | {name: secrets.token_hex(24) for name in services if name not in proofs},
    )
    if asdict(credentials) != saved:
        write_json(path, asdict(credentials))
    return credentials
