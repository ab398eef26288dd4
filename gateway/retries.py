"""What is tried again: a call that surely was not processed, and any call that has the effect of one when repeated."""

from clients.contract import Method
from gateway.proto_json import Json, duration, extension

# A call that surely was not processed may be repeated by anyone.
_UNPROCESSED = ("connect-failure", "refused-stream")
# A call that perhaps was processed, only where the contract says that a repeated call has the effect of one.
_PERHAPS_PROCESSED = ("reset-before-request", "reset", "unavailable", "cancelled")
# A try that took too long. Only then is another one made while the first goes on.
_SLOW = ("gateway-error",)

_PREVIOUS_HOSTS = extension(
    "envoy.retry_host_predicates.previous_hosts",
    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
)


def retry_policy(rpc: Method) -> Json:
    """The `RetryPolicy`. How many calls of a cluster may be retries at a time, the cluster says."""
    conditions = _UNPROCESSED + (_PERHAPS_PROCESSED if rpc.idempotent else ())
    hedged = {"per_try_timeout": duration(rpc.hedge_after)} if rpc.hedge_after else {}
    return {
        "retry_on": ",".join(conditions + (_SLOW if rpc.hedge_after else ())),
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.010s", "max_interval": "0.200s"},
        "retry_host_predicate": [_PREVIOUS_HOSTS],
        # A dead replica has the fewest calls under way, so three picks of four among two fall on it.
        "host_selection_retry_max_attempts": 20,
        **hedged,
    }


def hedge_policy(rpc: Method) -> Json:
    """The part of a `RouteAction` that keeps the slow try: the first answer counts."""
    return {"hedge_policy": {"hedge_on_per_try_timeout": True}} if rpc.hedge_after else {}
