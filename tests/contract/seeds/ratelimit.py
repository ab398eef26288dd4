"""Seeds of ratelimit."""

import time

from tests.contract.outcome import Json
from tests.contract.seeds.api import Api

PACKAGE = "mesh.ratelimit.v1"

_LIVE_WITHIN = 10.0
"""Seconds that a change may take to be live on a busy machine."""


def pass_laws(api: Api) -> None:
    """Lets this machine past all limits: the laws make limits and rules of all kinds, and go on calling."""
    rule = {"effect": "EFFECT_ALLOW", "cidr": "127.0.0.1/32", "reason": "Calls of the laws."}
    api("AccessRuleService/CreateAccessRule", access_rule=rule)


def entry(api: Api) -> str:
    """A name that no other limit or rule goes by."""
    return api.unique("entry").replace("-", "_")


def new_limit(api: Api) -> Json:
    """A limit that no other one makes unreachable: of entries and with aims of its own."""
    return {
        "display_name": "By entry",
        "keys": [entry(api)],
        "algorithm": "ALGORITHM_TOKEN_BUCKET",
        "limit": "1000000",
        "window": "61s",
        "burst": "1000",
        "penalty": {"denials": "1000", "window": "60s", "block": "60s"},
        "adaptive": {"target_latency": "0.123s", "min_factor": 0.5},
        "reserved": {"critical": 0.125},
    }


def made_limit(api: Api) -> Json:
    return api("RateLimitService/CreateRateLimit", rate_limit=new_limit(api))


def limit(api: Api) -> str:
    return str(made_limit(api)["name"])


def version(api: Api) -> Json:
    """A version of a limit, to go back to."""
    made = made_limit(api)
    return {"name": made["name"], "version": made["etag"]}


def write_again(api: Api, request: Json) -> None:
    """One more version of the limit that the request names."""
    changed = {"name": request["parent"], "display_name": api.unique("By entry")}
    api("RateLimitService/UpdateRateLimit", rate_limit=changed)


def change_any(api: Api, request: Json) -> None:
    """One more change of some limit."""
    limit(api)


def new_rule(api: Api) -> Json:
    return {"effect": "EFFECT_ALLOW", "key": entry(api), "subject": "somebody", "reason": "A guest."}


def made_rule(api: Api) -> Json:
    return api("AccessRuleService/CreateAccessRule", access_rule=new_rule(api))


def rule(api: Api) -> str:
    return str(made_rule(api)["name"])


def counted(api: Api) -> Json:
    """A call that a limit counts."""
    made = api.kept("limit", made_limit)
    _wait_live(api, made)
    return {"entries": {made["keys"][0]: api.unique("users/ada")}}


def welcome(api: Api) -> Json:
    """A call that passes, whichever limits there are."""
    made = api.kept("rule", made_rule)
    _wait_live(api, made)
    return {"entries": {made["key"]: made["subject"]}}


def reservation(api: Api) -> str:
    return str(api("LimiterService/Reserve", descriptors=[welcome(api)])["reservation_id"])


def _wait_live(api: Api, made: Json) -> None:
    end = time.monotonic() + _LIVE_WITHIN
    while int(_peek(api).get("version", 0)) < int(made["etag"]):
        assert time.monotonic() < end, f"{made['name']} is not live"
        time.sleep(0.01)


def _peek(api: Api) -> Json:
    decision: Json = api("LimiterService/Peek", descriptors=[{}])["decision"]
    return decision


RESOURCES = {
    "mesh/RateLimit": limit,
    "mesh/AccessRule": rule,
}

REQUESTS = {
    "AccessRuleService/CreateAccessRule": {"access_rule": new_rule},
    "AccessRuleService/GetAccessRule": {"name": rule},
    "AccessRuleService/ListAccessRules": {},
    "AccessRuleService/UpdateAccessRule": {"access_rule": {"name": rule, "reason": "A friend."}},
    "AccessRuleService/DeleteAccessRule": {"name": rule},
    "LimiterService/Check": {"descriptors": [counted]},
    "LimiterService/Peek": {"descriptors": [counted]},
    "LimiterService/Reserve": {"descriptors": [welcome]},
    "LimiterService/Commit": {"reservation_id": reservation, "units": "2"},
    "LimiterService/Cancel": {"reservation_id": reservation},
    "LimiterService/Reset": {"descriptors": [counted]},
    "LimiterService/ReportOutcomes": {"outcomes": [{"descriptor": counted, "calls": "2", "total_latency": "0.2s"}]},
    "RateLimitService/CreateRateLimit": {"rate_limit": new_limit},
    "RateLimitService/GetRateLimit": {"name": limit},
    "RateLimitService/ListRateLimits": {},
    "RateLimitService/UpdateRateLimit": {"rate_limit": {"name": limit, "display_name": "By another entry"}},
    "RateLimitService/DeleteRateLimit": {"name": limit},
    "RateLimitService/ListRateLimitVersions": {"parent": limit},
    "RateLimitService/RollBackRateLimit": version,
    "RateLimitService/SimulateRateLimit": {"rate_limit": new_limit},
    "RateLimitService/GetReport": {},
    "RateLimitService/WatchRateLimits": {},
}

MORE = {
    "RateLimitService/ListRateLimitVersions": write_again,
    "RateLimitService/WatchRateLimits": change_any,
}
