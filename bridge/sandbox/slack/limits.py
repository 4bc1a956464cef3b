"""Slack's published rate limits: posting per channel, everything else per method and workspace in a minute."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100, 5: 600}
POSTS_PER_SECOND = 1.0
POST_BURST = 4.0


@dataclass
class _Bucket:
    tokens: float
    at: float

    def take(self, now: float) -> int:
        """0 when there was a token, else the whole seconds until there is one."""
        self.tokens = min(POST_BURST, self.tokens + (now - self.at) * POSTS_PER_SECOND)
        self.at = now
        if self.tokens >= 1:
            self.tokens -= 1
            return 0
        return max(1, math.ceil((1 - self.tokens) / POSTS_PER_SECOND))


@dataclass
class Limits:
    """Counts calls and says how long a caller has to wait."""

    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _recent: defaultdict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait_for_post(self, team_id: str, channel: str, now: float) -> int:
        """Seconds until chat.postMessage may post to the channel again, 0 for at once."""
        bucket = self._buckets.setdefault((team_id, channel), _Bucket(POST_BURST, now))
        return bucket.take(now)

    def wait_for_method(self, team_id: str, method: str, tier: int, now: float) -> int:
        """Seconds until the workspace may call the method again, 0 for at once."""
        recent = self._recent[team_id, method]
        while recent and recent[0] <= now - 60:
            recent.popleft()
        if len(recent) < PER_MINUTE[tier]:
            recent.append(now)
            return 0
        return max(1, math.ceil(recent[0] + 60 - now))
