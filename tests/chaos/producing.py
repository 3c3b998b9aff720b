"""A centre's way to Kafka that may break at any time, and is then made anew. Never what is sent."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from services.runtime.broker import make_producer
from services.runtime.settings import Settings


@dataclass
class Producing:
    """One producer for all centres, started when it is needed and given up when it fails."""

    settings: Settings
    _producer: AIOKafkaProducer | None = None
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def send(self, topic: str, value: bytes, key: bytes, headers: Any) -> None:  # noqa: ANN401 - aiokafka's own
        """Send one event, and return when the broker has it."""
        async with self._one_at_a_time:
            if self._producer is None:
                producer = make_producer(self.settings)
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            producer = self._producer
        try:
            async with asyncio.timeout(10):
                await producer.send_and_wait(topic, value, key=key, headers=headers)
        except (KafkaError, TimeoutError):
            async with self._one_at_a_time:
                if producer is self._producer:
                    await self.end()
            raise

    async def end(self) -> None:
        """Give the producer up; the next event gets a new one."""
        producer, self._producer = self._producer, None
        if producer:
            try:
                async with asyncio.timeout(3):
                    await producer.stop()
            except (TimeoutError, KafkaError):
                await producer.client.close()
