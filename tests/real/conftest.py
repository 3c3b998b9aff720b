"""The toy service of the runtime's tests, for what is shown of it on Apache Kafka."""

from tests.runtime.conftest import service

__all__ = ["service"]
