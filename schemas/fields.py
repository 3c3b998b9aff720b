"""The kinds of value that fields share: ids, codes, days, amounts. Never a field of its own, never an event."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar
from uuid import UUID

import email_validator
from pydantic import AfterValidator, BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.annotated_handlers import GetCoreSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from schemas.currencies import CURRENCIES
from schemas.personal_number import holds_personal_number

T = TypeVar("T")

LARGEST_COUNT: Final = 2_147_483_647
"""What an `integer` column holds; the contracts give counts no upper bound."""


def broken(rule: str) -> PydanticCustomError:
    """Return the error that says in plain words what a value must be, without the value."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule})


@dataclass(frozen=True)
class Spelled:
    """How a text must be spelled: the whole of it matches `pattern` (also in the JSON Schema)."""

    pattern: str
    rule: str

    @property
    def whole(self) -> str:
        """The pattern, anchored at both ends."""
        return f"^(?:{self.pattern})$"

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that needs no Python per value; what is no text is told by the kind's own error."""
        kind = handler(source)
        spelled = core_schema.custom_error_schema(
            core_schema.str_schema(pattern=self.whole),
            custom_error_type="rule",
            custom_error_message="{rule}",
            custom_error_context={"rule": self.rule},
        )
        if kind["type"] == "str":
            return core_schema.chain_schema([kind, spelled])
        a_text = core_schema.custom_error_schema(core_schema.str_schema(), custom_error_type=f"{kind['type']}_type")
        return core_schema.json_or_python_schema(core_schema.chain_schema([a_text, spelled, kind]), kind)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> Mapping[str, Any]:
        kind = schema["python_schema"] if schema["type"] == "json-or-python" else schema
        return {**handler(kind), "pattern": self.whole}


def _unrepeated(values: tuple[T, ...]) -> tuple[T, ...]:
    if len(values) > 1 and len(set(values)) != len(values):
        raise broken("must not repeat an entry")
    return values


def _without_personal_number(text: str) -> str:
    if holds_personal_number(text):
        raise broken("must not hold a personal number")
    return text


def _well_formed(address: str) -> str:
    try:
        # Names reserved for tests, such as `.invalid`, are well formed: behind `.example` none is reserved.
        email_validator.validate_email(f"{address}.example", check_deliverability=False)
    except email_validator.EmailNotValidError:
        well_formed = False
    else:
        well_formed = "." in address.rpartition("@")[2]
    if not well_formed:
        raise broken("must be an e-mail address")
    return address


def _day(value: object) -> object:
    if isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass  # the error holds the value: it must not become the context of ours
    raise broken("must be a day of the calendar, as YYYY-MM-DD")


def _amount(value: object) -> object:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, str) and _AMOUNT.fullmatch(value):
        return Decimal(value).quantize(_CENT)
    raise broken("must be an amount as a text, up to 7 digits and up to 2 decimals")


def _currency(code: str) -> str:
    if code not in CURRENCIES:
        raise broken("must be a currency code of ISO 4217")
    return code


def _rounded(degrees: float) -> float:
    return round(degrees, 2) + 0.0  # turns -0.0 into 0.0, so that equal places are written alike


_DAY: Final = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AMOUNT: Final = re.compile("[0-9]{1,7}([.][0-9]{1,2})?")
_CENT: Final = Decimal("0.01")

Unrepeated = Annotated[
    tuple[T, ...],
    Field(strict=False, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_unrepeated),
]

Uuid = Annotated[
    UUID,
    Spelled(
        "[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "must be a UUID of 32 hexadecimal digits with four hyphens",
    ),
]
CalendarDay = Annotated[date, BeforeValidator(_day)]
Municipality = Annotated[str, Spelled("(SE|NO)-[0-9]{4}", "must be a municipality such as SE-0180 or NO-5501")]
HealthCentre = Annotated[
    str,
    Spelled(
        "(hsa|orgnr|her):[A-Za-z0-9-]{1,200}",
        "must be hsa, orgnr or her, a colon, and letters A-Z, digits and hyphens",
    ),
]
Language = Annotated[str, Spelled("[a-z]{2,3}", "must be a language code of two or three small letters")]
ClockTime = Annotated[str, Spelled("([01][0-9]|2[0-3]):[0-5][0-9]", "must be a time from 00:00 to 23:59, as HH:MM")]
Phone = Annotated[
    str,
    Spelled(
        "[+][1-9][0-9]{1,14}", "must be a phone number of E.164: a plus, the country code and up to 15 digits in all"
    ),
]
Email = Annotated[str, AfterValidator(_well_formed), Field(json_schema_extra={"format": "email"})]
HttpsUrl = Annotated[str, Spelled("https://[!-~]{1,2000}", "must be an address that begins with https://")]
NoPersonalNumber = AfterValidator(_without_personal_number)
Name = Annotated[str, Field(min_length=1)]
ChoiceNumber = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Latitude = Annotated[Number, Field(ge=-90, le=90)]
Longitude = Annotated[Number, Field(ge=-180, le=180)]
RoundedLatitude = Annotated[Latitude, AfterValidator(_rounded)]
RoundedLongitude = Annotated[Longitude, AfterValidator(_rounded)]
Amount = Annotated[
    Decimal, BeforeValidator(_amount), WithJsonSchema({"type": "string", "pattern": f"^{_AMOUNT.pattern}$"})
]
Currency = Annotated[str, AfterValidator(_currency), Field(json_schema_extra={"pattern": "^[A-Z]{3}$"})]
