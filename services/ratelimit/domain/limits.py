"""Limits: which calls they count, by what they tell them apart, and how many there may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

DEFAULT_MAX_SUBJECTS = 100_000
SECOND = 1_000_000
"""Microseconds: the unit of all instants and spans that algorithms work with."""


class Algorithm(Enum):
    """How a limit counts."""

    TOKEN_BUCKET = 1
    SLIDING_WINDOW = 2
    SLIDING_LOG = 3
    FIXED_WINDOW = 4
    LEAKY_BUCKET = 5
    CONCURRENCY = 6


class Calendar(Enum):
    """A window that follows the calendar."""

    MINUTE = 1
    HOUR = 2
    DAY = 3
    WEEK = 4
    MONTH = 5


class Tier(Enum):
    """What a caller has paid for. The values are those of the descriptors' entry `tier`."""

    FREE = "free"
    PREMIUM = "premium"
    ENTERPRISE = "enterprise"


class Mode(Enum):
    """What a limit does when it is reached."""

    ENFORCE = 1
    SHADOW = 2


class Outage(Enum):
    """What holds while the shared counters cannot be asked."""

    OPEN = 1
    CLOSED = 2
    LOCAL_SHARE = 3


class Enforcement(Enum):
    """Where a limit is decided."""

    EXACT = 1
    QUOTA = 2


@dataclass(frozen=True, slots=True)
class Penalty:
    """When a subject is blocked, and for how long. Spans in microseconds; a count of 0 does not block."""

    denials: int
    addresses: int
    window: int
    block: int


@dataclass(frozen=True, slots=True)
class Adaptive:
    """What makes the outcomes of a second bad (mean latency in microseconds), and the least factor on the limit."""

    target_latency: int
    max_error_ratio: float
    min_factor: float


@dataclass(frozen=True, slots=True)
class Reserved:
    """Shares that are kept for more important calls."""

    critical: float = 0.0
    normal: float = 0.0

    def open_to(self, priority: str) -> float:
        """The share of the limit that calls of a priority (a descriptor's entry) may use."""
        match priority:
            case "critical":
                return 1.0
            case "bulk":
                return 1.0 - self.critical - self.normal
            case _:
                return 1.0 - self.critical


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit. `window` is in microseconds, 0 when a calendar decides. Version and times are the store's.

    With a `base` it replaces that limit for one tier or one subject, and counts the same calls by the same keys.
    """

    id: str
    algorithm: Algorithm
    limit: int
    window: int = 0
    calendar: Calendar | None = None
    time_zone: str = "UTC"
    burst: int = 0
    display_name: str = ""
    match: Mapping[str, str] | None = None
    keys: tuple[str, ...] = ()
    base: str = ""
    tier: Tier | None = None
    subject: str = ""
    mode: Mode = Mode.ENFORCE
    outage: Outage = Outage.LOCAL_SHARE
    enforcement: Enforcement = Enforcement.EXACT
    penalty: Penalty | None = None
    adaptive: Adaptive | None = None
    reserved: Reserved = Reserved()
    max_subjects: int = 0
    version: int = 0
    create_time: datetime | None = None
    update_time: datetime | None = None

    def __hash__(self) -> int:
        return hash((self.id, self.version))

    @property
    def name(self) -> str:
        """The resource name."""
        return f"rateLimits/{self.id}"

    @property
    def root(self) -> str:
        """The id under which is counted: a replacement goes on with what its base has counted of a subject."""
        return self.base or self.id

    @property
    def capacity(self) -> int:
        """The most units that can be in use at once."""
        return self.burst or self.limit

    @property
    def subjects(self) -> int:
        """How many subjects are told apart."""
        return self.max_subjects or DEFAULT_MAX_SUBJECTS

    @property
    def shadow(self) -> bool:
        """Whether what it says has no effect."""
        return self.mode is Mode.SHADOW

    def capacity_for(self, priority: str) -> int:
        """The capacity that calls of a priority may use: at least one unit."""
        share = self.reserved.open_to(priority)
        return self.capacity if share >= 1 else max(1, int(self.capacity * share + 1e-9))
