"""How log lines are written: JSON, or readable on a terminal. Never a value that was not declared harmless.

Three gates, since libraries repeat values in their messages:

* of our own lines, the text is a constant and only fields named in `FIELDS` keep their value;
* of an exception, only type, code and frames are written, never its text;
* of other libraries' lines, the template without its arguments, and of a message that may have been put
  together before (no arguments) nothing, but for the loggers in `SPOKEN`.
"""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from types import TracebackType
from typing import Any, TextIO
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from services.runtime.telemetry import name_of, trace, trace_id

FIELDS = frozenset(
    {
        *("at", "level", "logger", "event", "trace_id", "error", "frames", "where"),
        *("service", "instance", "host", "port", "mode", "address", "version"),
        *("method", "route", "status", "ms", "seconds", "problems"),
        *("topic", "partition", "offset", "type", "lane", "lanes", "kind", "epoch", "group", "id"),
        *("count", "events", "landed", "repeated", "handled", "parked", "sent", "failed", "attempt"),
        *("loop", "loops", "away", "who", "why"),
    }
)
SPOKEN = ("aiokafka", "uvicorn.error")
"""Loggers whose messages name nodes, topics and groups only."""
HIDDEN = "…"
LONGEST = 300
ERROR_NAME = re.compile(r"[\w.<>]+(\(\w+\))?")
"""What `telemetry.name_of` gives: `error=str(error)` would repeat values, so it is hidden."""
MOST_FRAMES = 30

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def configure(*, stream: TextIO | None = None, level: str = "INFO", readable: bool | None = None) -> None:
    """Write all log lines of the process to the stream (standard error), readable if it is a terminal."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.processors.TimeStamper(fmt="iso", key="at"),
        _add_trace_id,
        _describe_exception,
        keep_declared,
    ]
    if stream.isatty() if readable is None else readable:
        shared.append(structlog.dev.ConsoleRenderer(colors=False, timestamp_key="at"))
    else:
        shared.append(structlog.processors.JSONRenderer(ensure_ascii=False))
    structlog.configure(
        processors=[structlog.processors.add_log_level, *shared],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.WriteLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(ForeignLine(shared))
    logging.root.handlers[:] = [handler]
    for other in logging.root.manager.loggerDict.values():
        if isinstance(other, logging.Logger):  # FastStream's, for one, brings a handler that would pass our gates
            other.handlers.clear()
            other.propagate = True
    logging.root.setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(level)
    logging.captureWarnings(capture=True)
    sys.excepthook = _log_uncaught


class ForeignLine(logging.Formatter):
    """Writes a line of another library through the same gates as ours."""

    def __init__(self, processors: list[Processor]) -> None:
        """Take the processors of our own lines; the last one makes the text."""
        super().__init__()
        self._processors = processors

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: Any = {
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": harmless_message(record),
            "where": f"{record.module}:{record.lineno}",
            "exc_info": record.exc_info,
        }
        for process in self._processors:
            line = process(None, record.levelname.lower(), line)
        return str(line)


def harmless_message(record: logging.LogRecord) -> str:
    """Return the record's message without what its arguments, or an f-string, may have brought in."""
    if record.name.startswith(SPOKEN):
        return record.getMessage()
    if isinstance(record.msg, str) and record.args:
        return record.msg
    return HIDDEN


def keep_declared(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    """Hide the values of fields that are not declared harmless, and what is not a plain value."""
    if isinstance(error := line.get("error"), str) and not ERROR_NAME.fullmatch(error):
        line["error"] = HIDDEN
    return {name: _plain(value) if name in FIELDS else HIDDEN for name, value in line.items()}


def _plain(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str | UUID):
        return str(value)[:LONGEST]
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return HIDDEN


def _add_trace_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if "trace_id" not in line and (current := trace_id(trace.get())):
        line["trace_id"] = current
    return line


def _describe_exception(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    error = _exception_of(line)
    if error is not None:
        line["error"] = [name_of(cause) for cause in causes(error)]
        line["frames"] = list(frames(error.__traceback__))[-MOST_FRAMES:]
    return line


def _exception_of(line: MutableMapping[str, Any]) -> BaseException | None:
    given = line.pop("exc_info", None)
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        error: BaseException | None = given[1]
        return error
    return sys.exc_info()[1] if given else None


def causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and what caused it, outermost first."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or (None if current.__suppress_context__ else current.__context__)


def frames(traceback: TracebackType | None) -> Iterator[str]:
    """Yield `module:line:function` of each frame, outermost first."""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", code.co_filename)
        yield f"{module}:{traceback.tb_lineno}:{code.co_name}"
        traceback = traceback.tb_next


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        structlog.get_logger().critical("uncaught", exc_info=error)
