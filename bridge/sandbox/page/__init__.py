"""The page of the demo: Slack on the left, phones on the right, and behind the glass what crosses between them."""

from bridge.sandbox.page.server import Page

__all__ = ["Page"]
