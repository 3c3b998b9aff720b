"""What happens at the same time, or comes late or twice: numbers settle it, whatever arrives first."""

from uuid import UUID, uuid4

from aiokafka import AIOKafkaProducer

from schemas import cloudevents
from schemas.coordinator import InvitationDeclined
from schemas.event import Event
from services.runtime.transaction import utc_now
from tests.journeys.people import Centre, Town, what_happened
from tests.journeys.world import World
from tests.support.waiting import until

NOT_NEEDED = "This is no longer needed."


async def hear_again(world: World, event: Event) -> None:
    """Have everybody hear an event once more, under an id of its own, as after a restored database."""
    headers = cloudevents.headers(
        event_id=str(uuid4()), source="/coordinator", event_type=event.type(), time=utc_now(), key=event.key
    )
    async with AIOKafkaProducer(bootstrap_servers=world.machine.kafka) as producer:
        await producer.send_and_wait(
            event.topic, event.model_dump_json(by_alias=True).encode(), key=event.key.encode(), headers=headers
        )


async def test_who_accepts_twice_has_accepted_once(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    before = await notice.open()

    first = await notice.answer(before, answer="accept")
    second = await notice.answer(before, answer="accept")

    assert first == second
    accepted = await centre.becomes(referral_id, "accepted")
    assert [what for what, _ in what_happened(accepted)].count("invitation.accepted") == 1
    assert await walk.taken() == 1


async def test_a_visit_recorded_after_the_withdrawal_only_stands_in_the_history(
    world: World, centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk)
    notice = await walk.notice()
    accepted = await notice.accept()
    await centre.becomes(referral_id, "accepted")

    async with world.busy("coordinator", referral_id):
        await centre.withdraw(referral_id)
        await notice.answer(accepted, visit="attended")

    await notice.becomes(NOT_NEEDED)

    async def visit_is_heard() -> bool:
        withdrawn = await centre.becomes(referral_id, "withdrawn")
        return what_happened(withdrawn)[-1] == ("visit.recorded", "withdrawn")

    await until(visit_is_heard)
    await walk.is_free()
    assert (await centre.told(referral_id, last="withdrawn"))[-1] == ("withdrawn", "nobody")


async def test_an_older_event_after_a_newer_one_moves_nothing(world: World, centre: Centre, town: Town) -> None:
    walk, cafe = await town.opens("Walk"), await town.opens("Cafe", km=5)
    referral_id = await centre.refer(town)
    await centre.choose(referral_id, walk, cafe)
    await (await walk.notice()).decline("full")
    await (await cafe.notice()).accept()
    before = await centre.becomes(referral_id, "accepted")

    late = InvitationDeclined(referral_id=UUID(referral_id), choice=1, activity_id=UUID(walk.id), reason="full")
    await hear_again(world, late)

    async def is_heard() -> bool:
        return len((await centre.becomes(referral_id, "accepted"))["history"]) > len(before["history"])

    await until(is_heard)
    after = await centre.becomes(referral_id, "accepted")
    assert (after["choice"], after["activity_id"]) == (2, cafe.id)
    assert (await cafe.taken(), await walk.taken()) == (1, 0)


async def test_a_withdrawal_heard_before_the_seat_that_it_ends_causes_no_notice(
    world: World, centre: Centre, town: Town
) -> None:
    walk = await town.opens("Walk")
    referral_id = await centre.refer(town)
    await centre.proposals(referral_id)

    async with world.busy("activities", referral_id):
        await centre.choose(referral_id, walk)
        await centre.withdraw(referral_id)
        await world.handled("coordinator", referral_id)

    other = await centre.refer(town)
    await centre.choose(other, walk)
    await centre.becomes(other, "invited")
    assert len(walk.mails()) == 1
    assert await town.invitations() == [(walk.id, "notified")]


async def test_what_was_entered_in_error_ends_so_even_when_it_had_ended_otherwise(centre: Centre, town: Town) -> None:
    walk = await town.opens("Walk", seats=2)
    taking_part, withdrawn = await centre.refer(town), await centre.refer(town)
    await centre.choose(taking_part, walk)
    notice = await walk.notice()
    await notice.answer(await notice.accept(), visit="attended")
    await centre.becomes(taking_part, "attending")
    await centre.close(taking_part, "taking_part")
    await centre.withdraw(withdrawn)
    await walk.is_taken()

    for referral_id in (taking_part, withdrawn):
        await centre.close(referral_id, "entered_in_error")
        assert (await centre.becomes(referral_id, "entered_in_error"))["outcome"] == "entered_in_error"

    await walk.is_free()
    await notice.becomes(NOT_NEEDED)
