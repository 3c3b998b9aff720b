import pytest
from cryptography.exceptions import InvalidTag

from services.runtime.sealing import Seal

SEAL = Seal(b"k" * 32)
OTHER = Seal(b"o" * 32)


def test_what_was_sealed_opens_as_it_was_and_tells_nothing_before() -> None:
    sealed = SEAL.close(b"a name", b"event 1")
    assert b"a name" not in sealed
    assert SEAL.open(sealed, b"event 1") == b"a name"


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert SEAL.close(b"a name", b"event 1") != SEAL.close(b"a name", b"event 1")


def test_a_sealed_value_opens_with_its_own_key_and_beside_its_own_event_only() -> None:
    sealed = SEAL.close(b"a name", b"event 1")
    for seal, context, found in (
        (OTHER, b"event 1", sealed),
        (SEAL, b"event 2", sealed),
        (SEAL, b"event 1", sealed[:-1] + bytes([sealed[-1] ^ 1])),
    ):
        with pytest.raises(InvalidTag):
            seal.open(found, context)


def test_a_digest_tells_whether_values_are_the_same_to_the_holder_of_the_key_only() -> None:
    assert SEAL.digest(b"a name") == SEAL.digest(b"a name")
    assert len({SEAL.digest(b"a name"), SEAL.digest(b"another"), SEAL.digest(b""), SEAL.digest(None)}) == 4
    assert SEAL.digest(b"a name") != OTHER.digest(b"a name")
