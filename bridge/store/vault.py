"""Encryption of tokens at rest. The newest key seals, every key opens, so keys can be rotated."""

from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class WrongKey(Exception):
    """Something in the database was sealed with a key that is not among those given."""

    def __init__(self) -> None:
        super().__init__(
            "ENCRYPTION_KEY does not open what this database holds. "
            "Put the key it was set up with back (several may be given, separated by commas, newest first)."
        )


class Vault:
    """Seals secrets for the database. `keys` are Fernet keys, the newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        every = [Fernet(key) for key in keys]
        self._newest, self._fernet = every[0], MultiFernet(every)
        # The few tokens in use are opened for every call; opening one costs as much as several queries.
        self._opened = lru_cache(maxsize=256)(self._decrypted)

    def seal(self, secret: str) -> bytes:
        """The secret as ciphertext."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """The secret again. Raises WrongKey."""
        return self._opened(sealed)

    def _decrypted(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken:
            raise WrongKey from None

    def is_old(self, sealed: bytes | None) -> bool:
        """Whether this is sealed with another key than the newest; nothing at all is not."""
        if sealed is not None:
            try:
                self._newest.decrypt(sealed)
            except InvalidToken:
                return True
        return False

    def reseal(self, sealed: bytes) -> bytes:
        """The same secret under the newest key. Raises WrongKey."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken:
            raise WrongKey from None
