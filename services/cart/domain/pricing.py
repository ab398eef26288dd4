"""What a cart costs: promotions in their order, groups, and those that are applied alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.cart.domain.discounts import Item, Off, taken_off, times
from services.cart.domain.eligibility import Circumstances, Match, Outcome, Verdict, barred, coupon_of
from services.cart.domain.promotions import BuyXGetY, FreeShipping, Promotion, TieredOff, in_order
from services.cart.domain.rounding import Rounding


@dataclass(frozen=True, slots=True)
class Priced:
    """Lines with what is left to pay for each, shipping with what is left, and a verdict on each promotion."""

    items: tuple[Item, ...]
    shipping: int
    verdicts: tuple[Verdict, ...] = ()

    @property
    def total(self) -> int:
        """What is to be paid."""
        return sum(item.left for item in self.items) + self.shipping


def priced(
    start: Priced,
    promotions: Sequence[Promotion],
    matches: Mapping[str, Match],
    seen: Circumstances,
    rounding: Rounding,
) -> Priced:
    """Applies promotions to a cart that has none yet.

    Those that stack are applied together, or one that is exclusive is applied alone: whichever costs less.
    """
    ordered = in_order(promotions)
    stacking = [promotion for promotion in ordered if not promotion.exclusive]
    choices = [stacking, *([promotion] for promotion in ordered if promotion.exclusive)]
    results = [_applied(start, choice, matches, seen, rounding) for choice in choices]
    best = min(results, key=lambda result: result.total)  # the first of the least: together, if that is no worse
    told = {verdict.promotion: verdict for result in results for verdict in result.verdicts}
    kept = {verdict.promotion for verdict in best.verdicts}
    verdicts = (_kept(told[promotion.id], promotion.id in kept) for promotion in ordered)
    return replace(best, verdicts=tuple(verdicts))


def _applied(
    start: Priced,
    promotions: Sequence[Promotion],
    matches: Mapping[str, Match],
    seen: Circumstances,
    rounding: Rounding,
) -> Priced:
    now = start
    groups: set[str] = set()
    for promotion in promotions:
        verdict, off = _decided(now, promotion, matches[promotion.id], seen, rounding, groups)
        items = tuple(replace(item, left=item.left - part) for item, part in zip(now.items, off.lines, strict=True))
        now = Priced(items, now.shipping - off.shipping, (*now.verdicts, verdict))
        if verdict.outcome is Outcome.APPLIED and promotion.group:
            groups.add(promotion.group)
    return now


def _decided(
    now: Priced, promotion: Promotion, match: Match, seen: Circumstances, rounding: Rounding, groups: set[str]
) -> tuple[Verdict, Off]:
    nothing = Off((0,) * len(now.items))
    if against := barred(promotion, seen, match):
        return against, nothing
    coupon = coupon_of(promotion, seen)
    about = [item for item in now.items if item.product in match.products]
    verdict = Verdict(
        promotion.id,
        Outcome.APPLIED,
        coupon=coupon.code if coupon else "",
        products=tuple(item.product for item in about),
    )
    if why := _too_little(promotion, about):
        return replace(verdict, outcome=why[0], detail=why[1]), nothing
    if promotion.group in groups:
        detail = f"another of the group {promotion.group} was applied"
        return replace(verdict, outcome=Outcome.GROUP_TAKEN, detail=detail), nothing
    off = taken_off(promotion.benefit, about, now.shipping, rounding)
    if off.amount == 0:
        return replace(verdict, outcome=Outcome.NOTHING_LEFT, detail="nothing is left to take off"), nothing
    parts = dict(zip(verdict.products, off.lines, strict=True))
    return replace(verdict, amount=off.amount), replace(
        off, lines=tuple(parts.get(item.product, 0) for item in now.items)
    )


def _too_little(promotion: Promotion, about: Sequence[Item]) -> tuple[Outcome, str] | None:
    match promotion.benefit:
        case FreeShipping():
            return None
        case _ if not about:
            return Outcome.NO_LINES, promotion.line_condition
        case BuyXGetY(buy, get) as benefit if times(benefit, about) == 0:
            return Outcome.NO_LINES, f"{buy + get} units are needed"
        case TieredOff(tiers=tiers) as benefit if benefit.reached(sum(item.subtotal for item in about)) == 0:
            return Outcome.BELOW_TIERS, f"the lowest tier begins at {tiers[0][0]}"
    return None


def _kept(verdict: Verdict, kept: bool) -> Verdict:
    """A verdict of the choice that was taken as it is; of another, what would have been applied was excluded."""
    if kept or verdict.outcome is not Outcome.APPLIED:
        return verdict
    return replace(verdict, outcome=Outcome.EXCLUDED, amount=0, detail="it is not given together with what is")
