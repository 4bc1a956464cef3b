"""What speaks against a text: offers, numbers of cards and people, short links, length, odd characters."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import advertising
from bridge.rules.advertising import is_promotional
from bridge.rules.content import SHORTENERS, About, concerns
from bridge.rules.sensitive import is_sensitive
from tests.rules.anything import ANY_TEXT

OFFERS = """
20% off your next cleaning this week!
Save $50 when you book before Friday.
Save up to 30% on all services.
Get $100 off your first visit.
Use promo code SPRING at checkout.
We're running a limited-time offer on whitening.
Buy one, get one free until Sunday.
Flash sale today: all crowns half price.
Act now, only 3 spots left!
Don’t miss out on our summer sale.
Our sale ends tonight.
Everything is on sale this weekend.
Special offer for our best clients.
Great deals on estate plans this month.
Deal of the day: wills for $99.
Free shipping on every order.
Get a free gift card with your visit. Book now!
CLAIM YOUR DISCOUNT TODAY
You’ve won a free consultation!
We are offering all clients a discount in May.
Refer a friend and earn $25.
This week's specials: two for one.
While supplies last: new arrivals, discounted.
Enjoy 15 percent discount with us.
Order now and save 10%.
Prices starting at $49, hurry!
Black Friday sale starts Friday.
Check out our new arrivals and savings.
Join our VIP club for bonus points.
Today only: free whitening kit with any cleaning.
Last chance to get a free trial for a month.
Coupons and vouchers: discount ends tomorrow.
Exclusive deal: 50% off!
Book now, offer ends Friday.
Shop now: www.example.com
Lowest prices of the year on braces.
Your invoice is attached. PS: 20% off everything, limited time only, shop now!
""".strip().splitlines()

EVERYDAY = """
Are you free on Friday?
I'm free after 3.
Feel free to call me.
It's free of charge for existing clients.
The consultation is free.
Your free consultation is on Friday at 2.
No deal, I'm afraid. They want 40,000.
The other side made an offer; it expires Friday.
We received a settlement offer of $50,000.
The sale of your house closes on Monday.
Is the house still for sale?
We applied the discount on the invoice we agreed.
We took $50 off your bill as we agreed.
Please bring the coupon you got by mail.
No big deal, see you tomorrow.
I'll deal with it tomorrow.
It's a deal. See you at 10.
Your order is ready for pickup.
The offer letter is in your inbox.
I can offer you Tuesday at 3.
We don’t offer discounts, sorry.
We can't give a discount on filing fees.
There is no promo code for this, sorry.
Our sales team will call you.
The court is closed on Black Friday.
Use code 4821 at the gate.
Your claim was filed today.
Please save the date: June 3.
I'll save you a seat.
Take 2 tablets, 50% of the usual dose.
We charge 30% if we win, nothing otherwise.
Take the day off tomorrow.
You have 10% left to pay.
Book your slot with Ben, he is in today.
Can you sign up for the portal today?
The deadline ends on Friday.
Best of luck with the new job!
The trial starts Monday.
Don't forget your insurance card.
Let me know when you get a free minute.
Get a free copy of your report at annualcreditreport.com.
The price is $300 as discussed.
Toll-free: call us any time.
Does the 20% retainer work for you?
We got the discounted rate you asked about.
Buy yourself some time and rest now.
""".strip().splitlines()


@pytest.mark.rows(183)
@pytest.mark.parametrize("text", OFFERS)
def test_offers(text: str) -> None:
    assert is_promotional(text)
    assert [each.about for each in concerns(text, marketing_consent=False) if each.holds] == [About.PROMOTIONAL]
    assert not any(each.holds for each in concerns(text, marketing_consent=True))


@pytest.mark.rows(183)
@pytest.mark.parametrize("text", EVERYDAY)
def test_everyday_words(text: str) -> None:
    assert not is_promotional(text)


@given(
    st.sampled_from(advertising.CLEAR + advertising.VAGUE).flatmap(
        lambda it: st.from_regex(re.compile(it, re.ASCII))
    )
)
def test_every_phrase_leaves_a_trace(text: str) -> None:
    """Texts without any are not looked through."""
    assert any(trace in text for trace in advertising.TRACES)


@pytest.mark.parametrize(
    "text",
    [
        *("4111 1111 1111 1111", "4111-1111-1111-1111", "4111111111111111", "My card is 4111111111111111."),
        *("(4111 1111 1111 1111)", "378282246310005", "3782 822463 10005", "5555 5555 5555 4444"),
        *("2223 0031 2200 3222", "6011111111111117", "30569309025904", "3056 930902 5904", "3530111333300000"),
        *("6200000000000005", "4222222222222", "123-45-6789", "it's 123 45 6789, thanks", "SSN 123456789"),
        *("ssn: 123456789", "Social Security number is 123456789", "130 692 544", "130-692-544", "SIN 130692544"),
        "social insurance number: 130692544",
    ],
)  # fmt: skip
def test_numbers_that_nobody_should_text(text: str) -> None:
    assert is_sensitive(text)


@pytest.mark.parametrize(
    "text",
    [
        *("+14155550123", "415-555-0123", "(415) 555-0123", "1 415 555 0123", "10:30-11:45"),
        *("4111 1111 1111 1112", "4111111111111112", "order 1234567890123", "4111 11111111 1111", "046-454-286"),
        *("1234 5678 9012 3452", "12345-6789", "000-12-3456", "666-12-3456", "900-12-3456", "123-00-6789"),
        *("123-45-0000", "123456789", "tracking 9400111899223197428490", "1Z999AA10123456784", "130 692 545"),
        *("ref 4111111111111111A", "case 12-345-6789", "2026-11-23", "123,456,789", "$4,111.11", "130692544"),
        *("555 123 4567 890", "sin 130692544", "3 for 2, 4 for 3, 5 for 4, 6 for 5, 7 for 6"),
    ],
)  # fmt: skip
def test_other_numbers(text: str) -> None:
    assert not is_sensitive(text)


@pytest.mark.parametrize(
    "text",
    ["see bit.ly/abc", "https://bit.ly/abc", "HTTP://T.CO/x", "www.tinyurl.com/x", "go to t.co.", "(is.gd/1)"],
)
def test_short_links(text: str) -> None:
    (concern,) = concerns(text, marketing_consent=False)
    assert concern.about is About.SHORTENER
    assert not concern.holds
    assert any(host in concern.sentence for host in SHORTENERS)


@pytest.mark.parametrize(
    "text",
    [
        "x@t.co",
        "rabbit.ly/x",
        "bit.ly.example.com",
        "can't.co",
        "https://example.com/t.co/x",
        "support.co",
        "at.com",
    ],
)
def test_other_links(text: str) -> None:
    assert concerns(text, marketing_consent=False) == ()


@pytest.mark.rows(186, 187)
def test_length_and_characters() -> None:
    assert concerns("x" * 160, marketing_consent=False) == ()
    (long,) = concerns("x" * 161, marketing_consent=False)
    assert long.sentence.startswith("2 segments")
    assert long.sentence.endswith("Keep messages under 160 characters when possible.")
    (odd,) = concerns("See you 👍", marketing_consent=False)
    assert (odd.about, "“👍”" in odd.sentence) == (About.UNICODE, True)
    both = concerns("ü" * 70 + "ł", marketing_consent=False)
    assert [each.about for each in both] == [About.SEVERAL_SEGMENTS, About.UNICODE]
    assert "2 segments" in both[0].sentence
    assert "“ł”" in both[1].sentence


@pytest.mark.parametrize("phrase", ["not 20% off ", "don't buy now ", "no, offer discount ", "4111-", "bit.ly/"])
def test_what_is_far_too_long_is_looked_at_all_the_same_at_once(phrase: str) -> None:
    began = time.process_time()
    concerns(phrase * (40_000 // len(phrase)), marketing_consent=False)
    assert time.process_time() - began < 1  # it was ten seconds, in which nobody was texted


@given(st.text(alphabet=" abno'.t", max_size=60).map(lambda text: f"{text} not buy now"))
def test_a_denial_is_seen_as_far_as_it_reaches(text: str) -> None:
    assert not is_promotional(text)
    start = len(text) + len(" not ")
    whole = advertising._DENIED.search(f"{text} not "[:start]) is not None
    assert advertising._is_denied(f"{text} not buy now", start) is whole


@given(ANY_TEXT, st.booleans())
def test_anything_can_be_looked_at(text: str, consent: bool) -> None:
    found = concerns(text, marketing_consent=consent)
    assert all(each.sentence.endswith((".", "?")) for each in found)
    assert len({each.about for each in found}) == len(found)
