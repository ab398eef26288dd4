"""Where the contract breaks a rule of ours on purpose, by rule and place, and why."""

from collections.abc import Mapping

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    (
        "request_ids",
        "mesh.identity.v1.RefreshSessionRequest",
    ): "The refresh token itself says which exchange it is: a replay gets the same next token.",
    (
        "request_ids",
        "mesh.events.v1.SubscribeRequest",
    ): "Credits are counted by the stream, and a ticket is good once: nothing can be said twice.",
    ("money", "mesh.options.v1.RateLimit.cost"): "Units of a rate limit.",
}

TIGHTENED: Mapping[str, str] = {}
"""What refuses more than it did on purpose, by place, and why; an entry may go once it is on main."""
