"""GitHub's own OpenAPI description, cut to the endpoints that posting uses: whole, it takes the server a minute.

What is kept is kept word for word. The description is the npm package @octokit/openapi, as GitHub publishes it.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

NODE_MODULES = Path(__file__).parent / "node_modules"
GENERATED = NODE_MODULES / "@octokit/openapi/generated"
USED = {
    "/repos/{owner}/{repo}/statuses/{sha}": ["post"],
    "/repos/{owner}/{repo}/commits/{ref}/check-runs": ["get"],
    "/repos/{owner}/{repo}/check-runs": ["post"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}": ["patch"],
    "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations": ["get"],
    "/repos/{owner}/{repo}/pulls": ["get"],
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ["get", "post"],
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ["patch"],
}


@cache
def whole(product: str) -> dict[str, Any]:
    """The description of "api.github.com" or of a "ghes-…"."""
    return json.loads((GENERATED / f"{product}.json").read_bytes())


@cache
def used(product: str) -> dict[str, Any]:
    """The endpoints in USED, and whatever they refer to."""
    source = whole(product)
    paths = {path: _only(source["paths"][path], methods) for path, methods in USED.items()}
    kept: dict[str, Any] = {"openapi": source["openapi"], "info": source["info"], "paths": paths, "components": {}}
    waiting = list(_references(paths))
    while waiting:
        _, kind, name = (reference := waiting.pop()).removeprefix("#/").split("/")
        home = kept["components"].setdefault(kind, {})
        if name not in home:
            home[name] = at(source, reference)
            waiting += _references(home[name])
    return kept


def at(description: dict[str, Any], reference: str) -> Any:
    """What "#/components/…" refers to."""
    found: Any = description
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def example(product: str, path: str, method: str, status: str) -> Any:
    """The first example that the description gives of an endpoint's answer, as a copy."""
    answer = whole(product)["paths"][path][method]["responses"][status]["content"]["application/json"]
    first = next(iter(answer["examples"].values()))
    value = at(whole(product), first["$ref"])["value"] if "$ref" in first else first["value"]
    return json.loads(json.dumps(value))


def _only(path: dict[str, Any], methods: list[str]) -> dict[str, Any]:
    return {key: value for key, value in path.items() if key in methods or key == "parameters"}


def _references(part: Any) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [found for value in part.values() for found in _references(value)]
    return [found for value in part for found in _references(value)] if isinstance(part, list) else []
