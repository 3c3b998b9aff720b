"""What OpenAPI says beyond what FastAPI finds by itself: strict bodies, and problems. Never what a route does."""

from collections.abc import Iterator
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic.json_schema import models_json_schema

from services.runtime.bodies import Body
from services.runtime.problems import MEDIA_TYPE, Problem

SCHEMAS: Final = "#/components/schemas/"
INPUT: Final = "-Input"
"""Ends the name of a schema of what we take: what we give may have the same name and other rules."""
DEFAULT_RESPONSE: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "Why not",
        "content": {MEDIA_TYPE: {"schema": {"$ref": f"{SCHEMAS}Problem"}}},
    }
}


def document_bodies(app: FastAPI) -> None:
    """Have the app's OpenAPI document name every body that a route reads, and the problem document."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = plain()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            schemas.update(_schemas([(Problem, "serialization")], ""))
            bodies = list(_bodies(app))
            taken = {body.model for _, _, body in bodies if body.model}
            schemas.update(_closed(_schemas([(model, "validation") for model in taken], INPUT)))
            for path, method, body in bodies:
                document["paths"][path][method]["requestBody"] = _request_body(body)
        return plain()

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's own way to extend the document


def _bodies(app: FastAPI) -> Iterator[tuple[str, str, Body[Any]]]:
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            for body in _bodies_of(route.dependant):
                for method in route.methods or ():
                    yield str(route.path_format), method.lower(), body


def _bodies_of(dependant: Dependant) -> Iterator[Body[Any]]:
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Body):
            yield dependency.call
        yield from _bodies_of(dependency)


def _request_body(body: Body[Any]) -> dict[str, Any]:
    schema = {"$ref": f"{SCHEMAS}{body.model.__name__}{INPUT}"} if body.model else {"type": "string"}
    return {"required": True, "content": {media_type: {"schema": schema} for media_type in body.media_types}}


def _schemas(models: Any, ending: str) -> dict[str, Any]:  # noqa: ANN401 - pydantic's long type of models and modes
    _, written = models_json_schema(models, ref_template=f"{SCHEMAS}{{model}}{ending}")
    return {f"{name}{ending}": schema for name, schema in written.get("$defs", {}).items()}


def _closed(schemas: dict[str, Any]) -> dict[str, Any]:
    """Return the schemas with what strict reading adds: no unknown fields."""
    return {
        name: {"additionalProperties": False, **schema} if "properties" in schema else schema
        for name, schema in schemas.items()
    }
