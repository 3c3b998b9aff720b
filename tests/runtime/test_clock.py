from datetime import UTC, datetime, timedelta

from services.runtime.clock import DatabaseClock
from tests.runtime.conftest import Toy

SECOND = timedelta(seconds=1)


async def test_processes_whose_hosts_disagree_by_hours_agree_on_the_time_of_their_database(service: Toy) -> None:
    clocks = [
        DatabaseClock(lambda off=off: datetime.now(UTC) + off) for off in (-2 * 3600 * SECOND, 7 * 86400 * SECOND)
    ]
    assert abs(clocks[0]() - clocks[1]()) > 7 * 86400 * SECOND
    for clock in clocks:
        await clock.put_right(service.engine)
    [row] = await service.rows("select clock_timestamp() as now")
    assert all(abs(clock() - row.now) < 30 * SECOND for clock in clocks)
