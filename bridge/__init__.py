"""Two-way SMS inside Slack: every lead conversation is one Slack thread."""
