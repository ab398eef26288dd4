"""The secrets of a local mesh: made once, kept in a file that only its owner can read."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from services._local.layout import read_json, write_json


@dataclass(frozen=True, slots=True)
class Credentials:
    """Passwords of the stores' superusers and of each service's database role; the key that signs page tokens."""

    postgres: str
    redis: str
    signing_key: str
    """64 hex digits."""
    roles: Mapping[str, str]


def load(path: Path, services: Iterable[str]) -> Credentials:
    """The secrets in the file; what is missing is generated and saved."""
    saved = read_json(path, {})
    roles = saved.get("roles", {})
    credentials = Credentials(
        postgres=saved.get("postgres") or secrets.token_hex(24),
        redis=saved.get("redis") or secrets.token_hex(24),
        signing_key=saved.get("signing_key") or secrets.token_hex(32),
        roles=roles | {name: secrets.token_hex(24) for name in services if name not in roles},
    )
    if asdict(credentials) != saved:
        write_json(path, asdict(credentials))
    return credentials
