"""Ports for what is started on this machine."""

import random
import socket
from contextlib import suppress


def free_port() -> int:
    """A port that nobody has. Not one of those that connections take for their own end: it would soon be gone."""
    while True:
        port = random.randrange(10_000, 32_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
