"""How the tests of this folder read: what a sender would see."""

from pydantic import BaseModel

from schemas.strict import Invalid, parse, parse_object


def rules(model: type[BaseModel], value: dict[str, object] | str | bytes, context: object = None) -> dict[str, str]:
    """Return the broken rules by their path; empty when it is taken."""
    try:
        if isinstance(value, dict):
            parse_object(model, value, context)
        else:
            parse(model, value, context)
    except Invalid as error:
        return {found.path: found.rule for found in error.errors}
    return {}
