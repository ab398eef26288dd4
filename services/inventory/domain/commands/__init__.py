"""What can be done to stock. Each command says what it needs loaded, and decides on a book."""

from services.inventory.domain.commands.adjustments import Adjust, AdjustMany
from services.inventory.domain.commands.command import Command, Needs
from services.inventory.domain.commands.reservations import Confirm, Extend, GiveBack, Reserve
from services.inventory.domain.commands.thresholds import SetProductMinimum, SetThresholds
from services.inventory.domain.commands.transfers import Dispatch, Recall, Receive

__all__ = [
    "Adjust",
    "AdjustMany",
    "Command",
    "Confirm",
    "Dispatch",
    "Extend",
    "GiveBack",
    "Needs",
    "Recall",
    "Receive",
    "Reserve",
    "SetProductMinimum",
    "SetThresholds",
]
