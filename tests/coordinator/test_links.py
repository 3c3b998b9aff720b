from uuid import UUID

import pytest

from services.coordinator.domain.links import answer_link, hash_of

KEY, REFERRAL = bytes(32), UUID(int=1)


def test_a_link_is_the_same_every_time_it_is_made() -> None:
    assert answer_link(KEY, REFERRAL, 1, 1) == answer_link(KEY, REFERRAL, 1, 1)


@pytest.mark.parametrize(
    ("key", "referral_id", "choice", "generation"),
    [
        (bytes(31) + b"1", REFERRAL, 1, 1),
        (KEY, UUID(int=2), 1, 1),
        (KEY, REFERRAL, 2, 1),
        (KEY, REFERRAL, 1, 2),
    ],
    ids=["key", "referral", "choice", "generation"],
)
def test_another_of_anything_is_another_link(key: bytes, referral_id: UUID, choice: int, generation: int) -> None:
    assert answer_link(key, referral_id, choice, generation) != answer_link(KEY, REFERRAL, 1, 1)


def test_a_link_holds_256_bits_that_an_address_can_carry() -> None:
    token = answer_link(KEY, REFERRAL, 1, 1).token
    assert len(token) * 6 >= 256
    assert token.replace("-", "").replace("_", "").isalnum()


def test_neither_message_id_nor_repr_tells_the_link_or_the_referral() -> None:
    link = answer_link(KEY, REFERRAL, 1, 1)
    for told in (link.message_id("mote.example"), repr(link)):
        assert link.token not in told
        assert str(REFERRAL) not in told
    assert hash_of(link.token) == link.hash
