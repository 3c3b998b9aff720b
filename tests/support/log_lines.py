"""Log lines as a process writes them, caught for a test."""

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog

from services.runtime import logs

Written = Callable[[], list[dict[str, Any]]]


@contextmanager
def log_lines() -> Iterator[Written]:
    """Configure the logs as a process does; calling what it gives returns the lines so far."""
    stream = io.StringIO()
    handlers, level, hook = logging.root.handlers[:], logging.root.level, sys.excepthook
    logs.configure(stream=stream)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    structlog.reset_defaults()
    logging.captureWarnings(capture=False)
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)
    sys.excepthook = hook
