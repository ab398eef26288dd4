"""Who may see and move which money."""

from mesh.payments.v1.payment_service_pb2 import ListPaymentsRequest
from tests.payments.conftest import ADA, Payments, refused

BOB = "users/0198c0de-0000-7000-8000-0000000000b0"


async def test_customers_see_their_own_payments_alone(payments: Payments) -> None:
    of_ada = await payments.authorize()
    of_bob = await payments.authorize(customer=BOB)
    bob = payments.by(BOB)
    assert [one.name for one in (await bob.stub.ListPayments(ListPaymentsRequest())).payments] == [of_bob.name]
    assert not (await bob.stub.ListPayments(ListPaymentsRequest(filter=f'customer = "{ADA}"'))).payments
    assert (await bob.get(of_bob.name)).name == of_bob.name
    assert (await refused(bob.get(of_ada.name))).reason == "PAYMENT_NOT_FOUND"


async def test_customers_move_no_money(payments: Payments) -> None:
    held = await payments.authorize()
    ada = payments.by(ADA)
    for call in (ada.authorize(), ada.capture(held.name), ada.void(held.name), ada.refund(held.name), ada.report()):
        assert (await refused(call)).reason == "PERMISSION_MISSING"


async def test_payments_are_listed_newest_first_in_pages(payments: Payments) -> None:
    made = []
    for number in range(5):
        payments.clock.advance(seconds=1)
        made.append((await payments.authorize(reference=f"orders/{number % 2}")).name)
    request, found = ListPaymentsRequest(page_size=2), []
    while True:
        page = await payments.stub.ListPayments(request)
        found += [one.name for one in page.payments]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert found == made[::-1]
    odd = ListPaymentsRequest(filter='reference = "orders/1" AND state = PAYMENT_STATE_AUTHORIZED')
    assert [one.name for one in (await payments.stub.ListPayments(odd)).payments] == [made[3], made[1]]
