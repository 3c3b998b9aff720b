from datetime import UTC, datetime, timedelta, timezone

import pytest

from schemas.cloudevents import Attributes, headers, read
from schemas.strict import Invalid

TIME = datetime(2026, 3, 2, 9, 15, 0, 120_000, tzinfo=timezone(timedelta(hours=1)))
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TYPE = "org.motesplats.referral.received.v1"


def written(**changes: bytes | None) -> list[tuple[str, bytes | None]]:
    plain: dict[str, bytes | None] = dict(
        headers(event_id="a.B_9-z", source="/referral", event_type=TYPE, time=TIME, key="k", sequence="0" * 20)
    )
    plain.update({name.replace("content_type", "content-type"): value for name, value in changes.items()})
    return list(plain.items())


def test_headers_are_read_as_they_were_written() -> None:
    raw = headers(
        event_id="1", source="/referral", event_type=TYPE, time=TIME, key="k", sequence="1" * 20, traceparent=TRACE
    )
    assert ("ce_time", b"2026-03-02T08:15:00.120000Z") in raw
    assert read(raw) == Attributes(
        id="1",
        source="/referral",
        type=TYPE,
        time=TIME.astimezone(UTC),
        subject="k",
        specversion="1.0",
        content_type="application/json",
        sequence="1" * 20,
        traceparent=TRACE,
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", None),
        ("ce_id", b""),
        ("ce_id", b"a" * 65),
        ("ce_id", b"a b"),
        ("ce_id", b"\xff"),
        ("ce_id", b"a\n"),
        ("ce_source", b"health-centre"),
        ("ce_source", b"/health centre"),
        ("ce_type", b""),
        ("ce_time", b"2026-03-02"),
        ("ce_time", b"2026-03-02T09:15:00"),
        ("ce_time", b"2026-03-02T09:15:00+01:00"),
        ("ce_time", b"2026-02-30T09:15:00Z"),
        ("ce_subject", None),
        ("ce_specversion", b"0.3"),
        ("content_type", b"text/plain"),
        ("ce_sequence", b"12"),
    ],
)
def test_what_is_missing_or_malformed_is_told(name: str, value: bytes | None) -> None:
    with pytest.raises(Invalid) as refused:
        read(written(**{name: value}))
    assert [error.path for error in refused.value.errors] == [name.replace("content_type", "content-type")]


@pytest.mark.parametrize("kind", [b"application/json; charset=utf-8", b"Application/JSON"])
def test_a_content_type_is_compared_without_case_and_parameters(kind: bytes) -> None:
    assert read(written(content_type=kind)).subject == read(written()).subject


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Invalid) as refused:
        read([])
    assert len(refused.value.errors) == 7


def test_headers_of_others_harm_nobody() -> None:
    others = [("reply_to", b"\xff\xfe"), ("ce_dataschema", None), ("", b"")]
    assert read([*written(), *others]) == read(written())


@pytest.mark.parametrize("value", [b"", b"00-x", b"\xff", None])
def test_a_trace_that_cannot_be_read_is_none(value: bytes | None) -> None:
    assert read(written(traceparent=value)).traceparent is None


def test_an_outsider_needs_no_sequence() -> None:
    outside = written(
        ce_source=b"/health-centre/hsa:SE1", ce_sequence=None, content_type=b"application/json; charset=utf-8"
    )
    assert read(outside).sequence is None
