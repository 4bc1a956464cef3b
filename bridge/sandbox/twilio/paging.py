"""Lists in pages. The token of a page names the last item before it, so that new items do not move a page."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from .call import Call
from .refused import RefusedError

T = TypeVar("T")
Render = Callable[[T], dict[str, Any]]


def _whole(call: Call, name: str, default: int) -> int:
    """A parameter that is a number from 0."""
    value = call.get(name, str(default))
    if not value.isdecimal():
        raise RefusedError(20001, f"{name} is no number")
    return int(value)


class Page:
    """The part of a list that a request asks for."""

    def __init__(self, call: Call, sids: Sequence[str], largest: int) -> None:
        self.call = call
        self.size = min(_whole(call, "PageSize", 50) or 50, largest)
        self.number = _whole(call, "Page", 0)
        self.start = self._start(sids)
        self.stop = min(self.start + self.size, len(sids))
        self.token = f"PA{sids[self.stop - 1]}" if self.stop < len(sids) else ""

    def _start(self, sids: Sequence[str]) -> int:
        """Where the page begins. A page number without the token is refused, as it is at Twilio."""
        token = self.call.get("PageToken").removeprefix("PA")
        if token and token in sids:
            return sids.index(token) + 1
        if token or self.number:
            raise RefusedError(20001, "Page numbers need the PageToken of the page before")
        return 0

    def query(self, page: int, token: str = "") -> str:
        """The query of this page or another one."""
        kept = [(k, v) for k, v in self.call.params.items() if k not in {"PageSize", "Page", "PageToken"}]
        paging = [("PageSize", str(self.size)), ("Page", str(page))] + ([("PageToken", token)] if token else [])
        return "?" + urlencode(kept + paging)

    def queries(self) -> tuple[str, str, str | None]:
        """The queries of the first page, of this one, and of the next if there is one."""
        following = self.query(self.number + 1, self.token) if self.token else None
        return self.query(0), self.query(self.number, self.call.get("PageToken")), following


def old_style(
    call: Call, key: str, items: Sequence[T], sid: Callable[[T], str], render: Render[T]
) -> dict[str, Any]:
    """A list of the 2010 API: its links are relative."""
    page = Page(call, [sid(item) for item in items], 1000)
    path = call.path.removeprefix("/api")
    first, this, following = page.queries()
    return {
        key: [render(item) for item in items[page.start : page.stop]],
        "page": page.number,
        "page_size": page.size,
        "start": page.start,
        "end": max(page.stop - 1, 0),
        "uri": path + this,
        "first_page_uri": path + first,
        "next_page_uri": path + following if following else None,
        "previous_page_uri": None,
    }


def new_style(
    call: Call, key: str, items: Sequence[T], sid: Callable[[T], str], render: Render[T]
) -> dict[str, Any]:
    """A list of the newer APIs: its links are absolute and lead to the real host."""
    page = Page(call, [sid(item) for item in items], 100)
    url = "https://messaging.twilio.com" + call.path.removeprefix("/messaging")
    first, this, following = page.queries()
    meta = {
        "key": key,
        "page": page.number,
        "page_size": page.size,
        "url": url + this,
        "first_page_url": url + first,
        "next_page_url": url + following if following else None,
        "previous_page_url": None,
    }
    return {key: [render(item) for item in items[page.start : page.stop]], "meta": meta}
