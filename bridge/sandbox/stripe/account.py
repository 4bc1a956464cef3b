"""Whose account it is."""

from .call import Call
from .records import Thing

ID = "acct_1PretendAccount0"


def retrieve(_: Call) -> Thing:
    """The account of the key."""
    return {
        "id": ID,
        "object": "account",
        "business_profile": {"mcc": None, "name": "Pretend Texting Inc.", "support_email": None, "url": None},
        "business_type": None,
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": 1234567890,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "billing@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }
