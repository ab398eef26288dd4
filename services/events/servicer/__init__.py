"""The RPCs of events."""

from services.events.servicer.dead_letters import DeadLetters
from services.events.servicer.deliveries import Deliveries
from services.events.servicer.events import Events
from services.events.servicer.subscriptions import Subscriptions
from services.events.servicer.topics import Topics
from services.events.servicer.webhooks import Webhooks

__all__ = ["DeadLetters", "Deliveries", "Events", "Subscriptions", "Topics", "Webhooks"]
