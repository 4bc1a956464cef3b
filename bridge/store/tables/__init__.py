"""Every table. Apart from `meta`, each row belongs to a firm, and unique constraints start with firm_id.

Some are unique without it, because they are what a request from outside is recognised by: a Slack team belongs to
one firm, a sending number to one firm, a key to one firm, and a customer at Stripe to one firm.
"""

from bridge.store.tables.billing import subscriptions, usage
from bridge.store.tables.firms import api_keys, channels, firms, homes, numbers, staff
from bridge.store.tables.imports import imports
from bridge.store.tables.metadata import metadata
from bridge.store.tables.people import consent_events, contacts, lead_terms, leads, legal_holds
from bridge.store.tables.talks import conversations, edits, messages, pictures, receipts, threads
from bridge.store.tables.work import audit, audit_heads, meta, outbox, routes, seen

__all__ = [
    "api_keys",
    "audit",
    "audit_heads",
    "channels",
    "consent_events",
    "contacts",
    "conversations",
    "edits",
    "firms",
    "homes",
    "imports",
    "lead_terms",
    "leads",
    "legal_holds",
    "messages",
    "meta",
    "metadata",
    "numbers",
    "outbox",
    "pictures",
    "receipts",
    "routes",
    "seen",
    "staff",
    "subscriptions",
    "threads",
    "usage",
]
