"""The demo's browser sends what a person's browser would send."""

import pytest

from services.demo.browser import Page

PAGE = """
<form method="post" action="/answer"><input type="hidden" name="answer" value="accept"><button>Welcome</button></form>
<form method="post" action="/answer">
<input type="hidden" name="answer" value="decline">
<input type="radio" name="reason" value="full"><input type="radio" name="reason" value="paused">
<button>Not now</button></form>
<form method="post" action="/answer/visit"><button name="visit" value="attended">Came</button></form>
"""


def test_hidden_fields_are_sent_with_what_is_chosen() -> None:
    assert Page(PAGE).filled_in({"answer": "accept"}) == ("/answer", {"answer": "accept"})
    assert Page(PAGE).filled_in({"reason": "paused"}) == ("/answer", {"answer": "decline", "reason": "paused"})
    assert Page(PAGE).filled_in({}, "/visit") == ("/answer/visit", {})
    assert Page(PAGE).filled_in({"visit": "attended"}) == ("/answer/visit", {"visit": "attended"})


@pytest.mark.parametrize("wanted", [{"reason": "other"}, {"answer": "accept", "reason": "full"}, {"visit": "no_show"}])
def test_what_no_form_offers_cannot_be_sent(wanted: dict[str, str]) -> None:
    with pytest.raises(LookupError, match="no form of the page"):
        Page(PAGE).filled_in(wanted)
