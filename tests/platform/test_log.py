"""Logs are JSON lines, whoever writes them, and hold nothing that the contract calls sensitive."""

import json
import subprocess
import sys
from typing import Any

import pytest

from services._platform import log
from services._platform.call import current_call
from services._platform.redaction import REDACTED, redacted
from tests.platform.conftest import ADA, NewCall

TRACEPARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

_PROGRAM = """
import logging
from services._platform import log
from services._platform.redaction import REDACTED, redacted

log.configure("INFO", "cart")
ours, theirs = log.logger("ours"), logging.getLogger("theirs")
ours.info("ours says", number=7)
ours.debug("too little to say")
theirs.warning("theirs says %s", "this")
theirs.info("and that")
for say in (ours.exception, theirs.exception):
    try:
        raise LookupError("a defect")
    except LookupError:
        say("caught")
"""


def test_every_line_is_json_whoever_wrote_it() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], check=True, capture_output=True, text=True)
    assert done.stdout == ""
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [(line["message"], line["level"]) for line in lines] == [
        ("ours says", "info"),
        ("theirs says this", "warning"),
        ("and that", "info"),
        ("caught", "error"),
        ("caught", "error"),
    ]
    assert (lines[0]["module"], lines[0]["number"]) == ("ours", 7)
    for line in lines:
        assert line["service"] == "cart"
        assert line["timestamp"].endswith("Z")
    for line in lines[3:]:
        assert "LookupError: a defect" in line["exception"]


@pytest.mark.parametrize(("metadata", "trace"), [({"traceparent": TRACEPARENT}, TRACEPARENT[3:35]), ({}, None)])
async def test_a_line_says_which_call_it_is_about(
    new_call: NewCall, metadata: dict[str, str], trace: str | None
) -> None:
    current_call.set(new_call(metadata=metadata, request_id="r-7", principal=ADA))
    event = log._with_call(None, "", {"event": "said"})
    assert event == {
        "event": "said",
        "method": "/mesh.echo.v1.EchoService/Say",
        "request_id": "r-7",
        "caller": "users/ada",
        **({"trace_id": trace} if trace else {}),
    }


def test_sensitive_fields_are_blanked_at_any_depth(messages: Any) -> None:
    secret = messages.Secret(password="hunter2", hint="rhymes")  # noqa: S106
    note = messages.Note(
        name="notes/a",
        secret=secret,
        secrets=[secret, messages.Secret(hint="none")],
        vault={"v": secret},
        labels={"hunter2": "a key is no field"},
        key=b"hunter2",
        codes=["hunter2"],
    )
    shown = redacted(note)
    blank = messages.Secret(password=REDACTED, hint="rhymes")
    assert shown == messages.Note(
        name="notes/a",
        secret=blank,
        secrets=[blank, messages.Secret(hint="none")],
        vault={"v": blank},
        labels={"hunter2": "a key is no field"},
    )
    assert note.secret.password == "hunter2"  # noqa: S105  the message itself is left alone
