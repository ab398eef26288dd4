"""What events is told from outside besides what every service is, as `MESH_EVENTS_…` variables."""

from datetime import timedelta
from ipaddress import IPv4Network, IPv6Network

from pydantic import Field, SecretBytes
from pydantic_settings import BaseSettings, SettingsConfigDict


class EventsSettings(BaseSettings):
    """Secrets have no default. Times are ISO 8601 durations: `PT5S`, `P7D`."""

    model_config = SettingsConfigDict(env_prefix="MESH_EVENTS_", frozen=True, hide_input_in_errors=True)

    key: SecretBytes = Field(min_length=32)
    """What the secrets of webhooks are derived from: the same for all replicas, and for ever, or all of them change."""
    retention: timedelta = Field(default=timedelta(days=7), ge=timedelta(days=1), le=timedelta(days=29))
    """How long the log goes back. Less than the inboxes of services remember."""
    webhook_networks: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks that are not public and that webhooks may post to all the same, as JSON: `["10.1.0.0/16"]`. In them,
    plain http to an address is allowed as well."""
    owner_term: timedelta = Field(default=timedelta(seconds=5), ge=timedelta(seconds=0.5), le=timedelta(minutes=1))
    """How long the lease of a group's owner lasts: what a crash of it costs its consumers at most."""
