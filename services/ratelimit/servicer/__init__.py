"""The rate limiter's RPCs, and those by which Envoy asks it."""

from services.ratelimit.servicer.access_rules import AccessRules
from services.ratelimit.servicer.limiter import Decisions
from services.ratelimit.servicer.limits import RateLimits
from services.ratelimit.servicer.rlqs import RateLimitQuotaService
from services.ratelimit.servicer.rls import RateLimitService

__all__ = ["AccessRules", "Decisions", "RateLimitQuotaService", "RateLimitService", "RateLimits"]
