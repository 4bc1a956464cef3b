"""A pretend Stripe: the parts of its first API that the app uses, with time that can be moved, on loopback.

Served under one base URL, as the setting STRIPE_API_URL asks. The page where a card is added is below /portal, the
one where a payment is made or confirmed below /pay; tests and the demo talk to /_/.

    stripe = PretendStripe(api_key="sk_test_1")
    await stripe.start()
    stripe.add_endpoint("http://127.0.0.1:8080/stripe/events")      # returns the secret of its signatures
    stripe.add_card(customer_id, "4242424242424242")                # as somebody does on the portal's page
    await stripe.skip(days=31)                                      # renewals, retries, what runs out
    stripe.invoices_of(customer_id)
    await stripe.stop()

Card numbers with a fate of their own are listed in `magic.py`. Left out are trials, coupons, taxes, refunds,
proration, other periods than months, other ways to pay than cards, Checkout, and events of the second API: the one
that would tell of usage that came to nothing is `thrown_away`.
"""

from .magic import CARDS, Fate
from .pretender import PretendStripe
from .records import ApiRequest, Delivery, Thing

__all__ = ["CARDS", "ApiRequest", "Delivery", "Fate", "PretendStripe", "Thing"]
