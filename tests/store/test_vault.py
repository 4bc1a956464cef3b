"""Tokens at rest: sealed with the newest key, opened with any, and useless without one."""

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from bridge.store.vault import Vault, WrongKey

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


@given(st.text().filter(lambda text: text.isprintable()))
def test_what_is_sealed_opens_again(secret: str) -> None:
    assert Vault([NEW]).open(Vault([NEW]).seal(secret)) == secret


@pytest.mark.faults("F26", "S7")
def test_a_seal_shows_nothing_of_the_secret_nor_whether_two_are_the_same() -> None:
    vault = Vault([NEW])
    first, second = vault.seal("xoxb-secret-token"), vault.seal("xoxb-secret-token")
    assert b"secret" not in first
    assert first != second


@pytest.mark.faults("F26")
def test_every_key_opens_and_the_newest_seals() -> None:
    sealed = Vault([OLD]).seal("token")
    both = Vault([NEW, OLD])
    assert both.open(sealed) == "token"
    assert Vault([NEW]).open(both.seal("token")) == "token"
    assert Vault([NEW]).open(both.reseal(sealed)) == "token"


@pytest.mark.faults("F26")
def test_a_wrong_key_is_named_as_such() -> None:
    sealed = Vault([OLD]).seal("token")
    for attempt in (Vault([NEW]).open, Vault([NEW]).reseal):
        with pytest.raises(WrongKey, match="ENCRYPTION_KEY does not open what this database holds"):
            attempt(sealed)
    with pytest.raises(WrongKey):
        Vault([OLD]).open(b"not sealed at all")
