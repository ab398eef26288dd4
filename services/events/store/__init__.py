"""Everything that events reads and writes in Postgres. Every statement is named and stands in a `.sql` file."""

from services.events.store.attempts import Attempts
from services.events.store.dead_letters import DeadLetters
from services.events.store.groups import Groups
from services.events.store.journal import Journal
from services.events.store.log import Log
from services.events.store.outboxes import Outboxes
from services.events.store.secrets import Secrets
from services.events.store.topics import TopicSettings

__all__ = ["Attempts", "DeadLetters", "Groups", "Journal", "Log", "Outboxes", "Secrets", "TopicSettings"]
