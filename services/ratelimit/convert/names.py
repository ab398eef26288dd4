"""The resource names of the rate limiter."""

from services._platform.names import Pattern

RATE_LIMIT = Pattern("rateLimits/{rate_limit}")
ACCESS_RULE = Pattern("accessRules/{access_rule}")
