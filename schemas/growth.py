"""Whether a schema only grows: everything that the older one took, the newer one must take. Never a file."""

from collections.abc import Iterator
from typing import Any, Final

Schema = dict[str, Any]

_UPPER: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_LOWER: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems")
_SAME: Final = ("pattern", "format", "uniqueItems")


def breaks(old: Schema, new: Schema) -> list[str]:
    """Return what the newer JSON Schema breaks, each as `path: what`; empty when it only grows."""
    return list(_Comparison(old, new).of(old, new, "$"))


class _Comparison:
    """Two whole schemas, each with its own definitions behind `$ref`."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self.old, self.new = old, new

    def of(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        """Yield the breaks of one place in both."""
        kept = {_type(kind): kind for kind in _kinds(new, self.new)}
        for kind in _kinds(old, self.old):
            match = kept.get(_type(kind)) or kept.get(_WIDER.get(_type(kind), "")) or kept.get("anything")
            if match is None:
                yield f"{path}: no longer takes {_type(kind)}"
            elif _type(match) != "anything":
                yield from self._of_one_kind(kind, match, path)

    def _of_one_kind(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        yield from _values(old, new, path)
        yield from _limits(old, new, path)
        yield from self._fields(old, new, path)
        for within, shown in (("items", "[]"), ("additionalProperties", ".*"), ("propertyNames", ".*")):
            if isinstance(old.get(within), dict) or isinstance(new.get(within), dict):
                yield from self.of(_schema(old.get(within)), _schema(new.get(within)), path + shown)

    def _fields(self, old: Schema, new: Schema, path: str) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        for name in before:
            if name in after:
                yield from self.of(before[name], after[name], f"{path}.{name}")
            else:
                yield f"{path}.{name}: is gone"
        for name in new.get("required", []):
            if name not in old.get("required", []):
                yield f"{path}.{name}: is now required"
        if new.get("additionalProperties") is False and old.get("additionalProperties") is not False:
            yield f"{path}: no longer takes unknown fields"


_WIDER: Final = {"integer": "number"}


def _schema(value: object) -> Schema:
    return value if isinstance(value, dict) else {}


def _kinds(schema: Schema, whole: Schema) -> Iterator[Schema]:
    """Yield what a place may hold, one kind each, with references followed."""
    if "$ref" in schema:
        yield from _kinds(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    elif "anyOf" in schema:
        for kind in schema["anyOf"]:
            yield from _kinds(kind, whole)
    else:
        yield schema


def _type(schema: Schema) -> str:
    return str(schema.get("type", "anything"))


def _values(old: Schema, new: Schema, path: str) -> Iterator[str]:
    """Yield the codes that are gone; a list of codes where there was none takes away all others."""
    before, after = _codes(old), _codes(new)
    if after is None:
        return
    if before is None:
        yield f"{path}: takes only certain values now"
        return
    for code in before:
        if code not in after:
            yield f"{path}: no longer takes the value {code}"


def _codes(schema: Schema) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    return schema.get("enum")


def _limits(old: Schema, new: Schema, path: str) -> Iterator[str]:
    for name in _UPPER:
        if name in new and (name not in old or new[name] < old[name]):
            yield f"{path}: {name} is narrower"
    for name in _LOWER:
        if name in new and (name not in old or new[name] > old[name]):
            yield f"{path}: {name} is narrower"
    for name in _SAME:
        if name in new and new[name] != old.get(name):
            yield f"{path}: {name} is another"
