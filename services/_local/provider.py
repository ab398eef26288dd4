"""The provider of payments beside a local mesh: the sandbox, where a real one would be."""

import json
import sys
from pathlib import Path

from services._local.command import Command
from services._local.credentials import Credentials
from services._local.plan import Part, Stage

NAME = "sandbox"
PAYMENTS = "payments"
WEBHOOKS = "/v1/payments:webhook"


def part(folder: Path, data: Path, address: str, edge: str, credentials: Credentials) -> Part:
    """The sandbox at HOST:PORT, that sends its webhooks to the edge's URL. Its data are its own."""
    environment = {
        "MESH_SANDBOX_LISTEN": address,
        "MESH_SANDBOX_API_KEY": credentials.provider_key,
        "MESH_SANDBOX_WEBHOOK_URL": edge + WEBHOOKS,
        "MESH_SANDBOX_WEBHOOK_SECRET": credentials.webhook_secret,
        "MESH_SANDBOX_FILE": str(data / f"{NAME}.sqlite"),
    }
    command = Command((sys.executable, "-m", "services.payments.sandbox"), folder, environment)
    return Part(NAME, Stage.OUTSIDE, f"http://{address}/healthz", command)


def environment(address: str, credentials: Credentials) -> dict[str, str]:
    """What payments is told of it."""
    return {
        "MESH_PAYMENTS_PROVIDER_URL": f"http://{address}",
        "MESH_PAYMENTS_PROVIDER_KEY": credentials.provider_key,
        "MESH_PAYMENTS_WEBHOOK_SECRETS": json.dumps([credentials.webhook_secret]),
    }
