"""After a database was restored to an earlier time: a new epoch, and its readers set back. Never the restore itself."""

from datetime import datetime, timedelta
from typing import Final

from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import text

from services.runtime.broker import connection
from services.runtime.connection import Database
from services.runtime.settings import Settings

BEFORE: Final = timedelta(hours=1)
"""So much earlier is read again, for what had been sent and had not landed; repeats are no-ops."""
_NEW_EPOCH: Final = text("insert into epoch (number) values (:number)")


class StillAtWorkError(Exception):
    """Somebody reads for this group: its offsets are not ours to set."""


async def begin_epoch(database: Database, number: int) -> None:
    """Begin the epoch of this number: what is announced from now on is newer than all that was announced before."""
    async with database.connect() as open_connection:
        await open_connection.execute(_NEW_EPOCH, {"number": number})


async def set_back(settings: Settings, group: str, to: datetime) -> int:
    """Have the group read again what was sent since then (UTC); return how many partitions that concerns.

    StillAtWorkError while one of its processes runs.
    """
    admin = AIOKafkaAdminClient(**connection(settings))
    await admin.start()
    try:
        [answer] = await admin.describe_consumer_groups([group])
        if any(found["members"] for found in answer.to_object()["groups"]):
            raise StillAtWorkError(group)
        committed = await admin.list_consumer_group_offsets(group)
    finally:
        await admin.close()
    if not committed:
        return 0
    consumer = AIOKafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(committed))
        milliseconds = int((to - BEFORE).timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(committed, milliseconds))
        earlier = {place: at.offset for place, at in found.items() if at and at.offset < committed[place].offset}
        if earlier:
            await consumer.commit(earlier)
    finally:
        await consumer.stop()
    return len(earlier)
