from tests.support.audit import verdict

FLAW = {"id": "PYSEC-2026-1", "fix_versions": ["1.1"]}
UNKNOWN = {"name": "left", "skip_reason": "not found"}


def test_a_known_vulnerability_fails_the_check_and_is_named() -> None:
    told, failed = verdict([UNKNOWN, {"name": "right", "version": "1.0", "vulns": [FLAW]}])

    assert failed
    assert told == ["right 1.0: PYSEC-2026-1, mended in ['1.1']", "1 of 2 audited; vulnerabilities: 1"]


def test_nothing_known_passes_and_says_how_much_was_asked() -> None:
    assert verdict([UNKNOWN, {"name": "right", "version": "1.0", "vulns": []}]) == (
        ["1 of 2 audited; vulnerabilities: 0"],
        False,
    )


def test_a_service_that_knows_no_dependency_at_all_is_no_audit() -> None:
    told, failed = verdict([UNKNOWN])

    assert not failed
    assert told == ["Not audited: the advisory service cannot be reached from here."]
