"""Where the contract breaks a rule of ours on purpose, by rule and place, and why."""

from collections.abc import Mapping

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    (
        "request_ids",
        "mesh.identity.v1.RefreshSessionRequest",
    ): "The refresh token itself says which exchange it is: a replay gets the same next token.",
    (
        "request_ids",
        "mesh.payments.v1.ReceiveWebhookRequest",
    ): "The sender's `webhook-id` header says which event it is: one that was seen before changes nothing.",
    **{
        ("references", f"mesh.inventory.v1.{message}.order"): "In the caller's words: stock is held for drafts too."
        for message in ("Reservation", "CreateReservationRequest")
    },
    ("money", "mesh.options.v1.RateLimit.cost"): "Units of a rate limit.",
}
