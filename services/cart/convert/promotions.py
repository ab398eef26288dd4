"""Promotions, as messages and back."""

from datetime import datetime

from mesh.cart.v1 import promotion_pb2
from services._platform.money import minor, money
from services._platform.times import instant, timestamp
from services.cart.convert.names import PROMOTION
from services.cart.domain.promotions import (
    AmountOff,
    Benefit,
    BuyXGetY,
    FreeShipping,
    PercentageOff,
    Promotion,
    TieredOff,
    require_rising,
)


def promotion(promotion: Promotion) -> promotion_pb2.Promotion:
    """A promotion as a message."""
    message = promotion_pb2.Promotion(
        name=PROMOTION.name(promotion.id),
        display_name=promotion.display_name,
        condition=promotion.condition,
        line_condition=promotion.line_condition,
        priority=promotion.priority,
        group=promotion.group,
        exclusive=promotion.exclusive,
        needs_coupon=promotion.needs_coupon,
        redemption_limit=promotion.limit,
        customer_redemption_limit=promotion.customer_limit,
        paused=promotion.paused,
        start_time=timestamp(promotion.start_time),
        end_time=timestamp(promotion.end_time),
        redemption_count=promotion.used,
        etag=str(promotion.version),
        create_time=timestamp(promotion.create_time),
        update_time=timestamp(promotion.update_time),
    )
    _set_benefit(message, promotion.benefit)
    return message


def to_promotion(
    id: str,
    message: promotion_pb2.Promotion,
    *,
    used: int = 0,
    version: int = 0,
    create_time: datetime | None = None,
    update_time: datetime | None = None,
) -> Promotion:
    """A promotion from what a caller may say, and what the store knows. Refuses amounts and tiers that cannot be."""
    return Promotion(
        id=id,
        benefit=_benefit(message),
        display_name=message.display_name,
        condition=message.condition,
        line_condition=message.line_condition,
        priority=message.priority,
        group=message.group,
        exclusive=message.exclusive,
        needs_coupon=message.needs_coupon,
        limit=message.redemption_limit,
        customer_limit=message.customer_redemption_limit,
        paused=message.paused,
        start_time=instant(message.start_time) if message.HasField("start_time") else None,
        end_time=instant(message.end_time) if message.HasField("end_time") else None,
        used=used,
        version=version,
        create_time=create_time,
        update_time=update_time,
    )


def _set_benefit(message: promotion_pb2.Promotion, benefit: Benefit) -> None:
    match benefit:
        case PercentageOff(points):
            message.percentage_off.basis_points = points
        case AmountOff(currency, off):
            message.amount_off.amount.CopyFrom(money(currency, off))
        case BuyXGetY(buy, get, points, times):
            bought = promotion_pb2.BuyXGetY(buy_quantity=buy, get_quantity=get, basis_points=points, max_times=times)
            message.buy_x_get_y.CopyFrom(bought)
        case TieredOff(currency, tiers):
            message.tiered_off.tiers.extend(
                promotion_pb2.Tier(threshold_amount=money(currency, threshold), basis_points=points)
                for threshold, points in tiers
            )
        case FreeShipping():
            message.free_shipping.SetInParent()


def _benefit(message: promotion_pb2.Promotion) -> Benefit:
    match message.WhichOneof("benefit"):
        case "percentage_off":
            return PercentageOff(message.percentage_off.basis_points)
        case "amount_off":
            off = minor(message.amount_off.amount, "promotion.amount_off.amount", least=1)
            return AmountOff(off.currency, off.amount)
        case "buy_x_get_y":
            bought = message.buy_x_get_y
            return BuyXGetY(bought.buy_quantity, bought.get_quantity, bought.basis_points, bought.max_times)
        case "tiered_off":
            return _tiered(message.tiered_off)
        case "free_shipping" | None:  # the contract requires one
            return FreeShipping()


def _tiered(message: promotion_pb2.TieredOff) -> TieredOff:
    field = "promotion.tiered_off.tiers[{}].threshold_amount"
    thresholds = [minor(tier.threshold_amount, field.format(place)) for place, tier in enumerate(message.tiers)]
    require_rising([(threshold.currency, threshold.amount) for threshold in thresholds])
    return TieredOff(
        thresholds[0].currency,
        tuple((least.amount, tier.basis_points) for least, tier in zip(thresholds, message.tiers, strict=True)),
    )
