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
    **{
        ("request_ids", f"mesh.events.v1.{message}"): "A ticket is good once: settled again, it is stale, and no harm."
        for message in ("AcknowledgeRequest", "PullRequest")
    },
    (
        "request_ids",
        "mesh.payments.v1.ReceiveWebhookRequest",
    ): "The sender's `webhook-id` header says which event it is: one that was seen before changes nothing.",
    **{
        ("references", f"mesh.inventory.v1.{message}.order"): "In the caller's words: stock is held for drafts too."
        for message in ("Reservation", "CreateReservationRequest")
    },
    ("money", "mesh.options.v1.RateLimit.cost"): "Units of a rate limit.",
    **{
        ("money", f"mesh.cart.v1.{message}.price"): "A resource: what a product costs, and from when until when."
        for message in ("PriceChanged", "CreatePriceRequest", "UpdatePriceRequest")
    },
}

TIGHTENED: Mapping[str, str] = {
    "mesh.cart.v1.AmountOff.amount": "What it refuses was refused before, as AMOUNT_INVALID: now the contract says so.",
}
"""What refuses more than it did on purpose, by place, and why; an entry may go once it is on main."""
