"""Refresh rotation against a model, over every interleaving of two tabs and a thief that hypothesis thinks of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.identity.domain.derivation import Secret
from services.identity.domain.refusals import RefreshRefused
from services.identity.domain.sessions import Lifetimes, RefreshToken, Reused, Session, refresh_token, rotated

SECRET = Secret(b"secret")
LIFETIMES = Lifetimes(idle=timedelta(days=14), whole=timedelta(days=90), grace=timedelta(seconds=30))
START = datetime(2026, 1, 1, tzinfo=UTC)
WHO = st.sampled_from(["tab", "other tab", "thief"])


def begun() -> Session:
    """A session with its first token."""
    return Session(
        id="0198c0de-0000-7000-8000-000000000000",
        user="0198c0de-0000-7000-8000-0000000000aa",
        device_name="",
        address="",
        seed=b"seed",
        generation=1,
        create_time=START,
        refresh_time=START,
        expire_time=START + LIFETIMES.idle,
    )


class Rotation(RuleBasedStateMachine):
    """Callers hold the token that they saw last; the thief copies one now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.session = begun()
        first = refresh_token(self.session, SECRET)
        self.held = {"tab": first, "other tab": first, "thief": "mr_" + "A" * 59}
        self.order = [first]
        """Every token ever told, oldest first."""
        self.told_at = START

    @rule(seconds=st.sampled_from([0, 1, 29, 30, 31, 600]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(victim=st.sampled_from(["tab", "other tab"]))
    def a_token_is_stolen(self, victim: str) -> None:
        self.held["thief"] = self.held[victim]

    @rule(who=WHO, arrives=st.booleans())
    def refresh(self, who: str, arrives: bool) -> None:
        text = self.held[who]
        expected = self._model(text)
        try:
            token = RefreshToken.parse(text)
            token.check(self.session, SECRET)
            after = rotated(self.session, token.generation, self.now, LIFETIMES)
        except Reused:
            assert expected == "reused"
            self.session = replace(self.session, revoke_time=self.now)
            return
        except RefreshRefused:
            assert expected == "refused"
            return
        answer = refresh_token(after, SECRET)
        if expected == "next":
            assert answer not in self.order
            self.order.append(answer)
            self.told_at = self.now
        else:
            assert (expected, answer, after) == ("same", self.order[-1], self.session)
        self.session = after
        if arrives:
            self.held[who] = answer

    @rule(who=st.sampled_from(["tab", "other tab"]))
    def tabs_share_what_they_keep(self, who: str) -> None:
        newest = max((self.held["tab"], self.held["other tab"]), key=self.order.index)
        self.held[who] = newest

    @invariant()
    def one_token_is_the_newest(self) -> None:
        assert self.session.generation == len(self.order)
        assert refresh_token(self.session, SECRET) == self.order[-1]

    def _model(self, text: str) -> str:
        if self.session.revoke_time is not None or text not in self.order:
            return "refused"
        age = len(self.order) - 1 - self.order.index(text)
        if age == 0:
            return "next"
        return "same" if age == 1 and self.now - self.told_at <= LIFETIMES.grace else "reused"


TestRotation = Rotation.TestCase
TestRotation.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)


@pytest.mark.parametrize("order", list(product("abt", repeat=5)), ids="".join)
def test_a_thief_never_holds_a_token_that_lives_on_beside_the_owners(order: tuple[str, ...]) -> None:
    """Owners a and b and a thief t, all with the first token, in every order, each a minute after the other."""
    session, now = begun(), START
    held = dict.fromkeys("abt", refresh_token(session, SECRET))
    for who in order:
        now += timedelta(minutes=1)
        token = RefreshToken.parse(held[who])
        try:
            session = rotated(session, token.generation, now, LIFETIMES)
        except (Reused, RefreshRefused):
            session = replace(session, revoke_time=session.revoke_time or now)
            continue
        held[who] = refresh_token(session, SECRET)
    used = set(order)
    if len(used) > 1:
        assert session.revoke_time is not None
