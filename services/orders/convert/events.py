"""What orders announces, as event messages with the name of the resource that each is about."""

from mesh.orders.v1 import event_pb2
from services._platform.outbox import Event
from services.orders.convert import orders
from services.orders.domain.moves import Action
from services.orders.domain.orders import Move, Order


def of_move(order: Order, move: Move) -> Event:
    """What a step of the history announces."""
    message = orders.order(order)
    if move.action is Action.PLACE:
        return Event(message.name, event_pb2.OrderPlaced(order=message))
    return Event(message.name, event_pb2.OrderMoved(order=message, move=orders.move(move)))
