"""Where the contract breaks a rule of ours on purpose, by rule and place, and why."""

from collections.abc import Mapping

EXCEPTIONS: Mapping[tuple[str, str], str] = {
    (
        "request_ids",
        "mesh.identity.v1.RefreshSessionRequest",
    ): "The refresh token itself says which exchange it is: a replay gets the same next token.",
    ("money", "mesh.options.v1.RateLimit.cost"): "Units of a rate limit.",
    **{
        ("money", f"mesh.cart.v1.{message}.price"): "A resource: what a product costs, and from when until when."
        for message in ("PriceChanged", "CreatePriceRequest", "UpdatePriceRequest")
    },
}
