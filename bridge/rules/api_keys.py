"""API keys: how one looks, and what is kept of it.

A key begins with what secret scanners can look for and ends with a checksum, so that whoever finds one can tell it
from other long words without asking us, and so that nobody asks the database about words that are no keys.
"""

import hashlib
import re
import zlib

BYTES = 32  # of chance in a key
BEGINS = "bridge_"
SHOWN = len(BEGINS) + 6  # characters by which people tell keys apart; 220 bits of the rest nobody sees
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET, _CHECK = 43, 6  # letters that 256 and 32 bits take
_KEY = re.compile(f"{BEGINS}[0-9A-Za-z]{{{_SECRET + _CHECK}}}", re.ASCII)


def made_of(chance: bytes) -> str:
    """The key of these random bytes."""
    secret = _written(int.from_bytes(chance), _SECRET)
    return BEGINS + secret + _checksum(secret)


def is_key(text: str) -> bool:
    """Whether this could be one of ours."""
    if not _KEY.fullmatch(text):
        return False
    secret = text[len(BEGINS) : -_CHECK]
    return text[-_CHECK:] == _checksum(secret)


def digest(key: str) -> bytes:
    """What is kept of it.

    Slow hashes are for what people think of, and can be guessed at. These are 256 bits of chance: nobody tries them
    out, at any speed. And what is looked up by such a hash gives nothing away by how long that takes: who does not
    have the key cannot choose a hash.
    """
    return hashlib.sha256(key.encode()).digest()


def _checksum(secret: str) -> str:
    return _written(zlib.crc32(secret.encode()), _CHECK)


def _written(number: int, length: int) -> str:
    letters = ""
    for _ in range(length):
        number, rest = divmod(number, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters
