"""Secrets are made once, and are for their owner's eyes."""

import stat

from services._local import credentials
from services._local.layout import Layout


def test_secrets_are_generated_once_and_differ(layout: Layout) -> None:
    first = credentials.load(layout.secrets, ["inventory"])
    assert len({first.postgres, first.redis, first.signing_key, first.roles["inventory"]}) == 4
    assert len(bytes.fromhex(first.signing_key)) == 32
    assert credentials.load(layout.secrets, ["inventory"]) == first


def test_a_new_service_gets_a_password_and_the_others_keep_theirs(layout: Layout) -> None:
    first = credentials.load(layout.secrets, ["inventory"])
    second = credentials.load(layout.secrets, ["cart", "inventory"])
    assert second.roles["inventory"] == first.roles["inventory"]
    assert second.roles["cart"] not in ("", first.roles["inventory"])


def test_only_the_owner_reads_them(layout: Layout) -> None:
    credentials.load(layout.secrets, ["inventory"])
    assert stat.S_IMODE(layout.secrets.stat().st_mode) == 0o600
    assert stat.S_IMODE(layout.folder.stat().st_mode) == 0o700
