"""GitHub's REST API as far as posting uses it: it remembers what was posted, and knows what each token may do."""

import json
import re
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

BOT = {"login": "github-actions[bot]"}


@dataclass
class Posted:
    """What one repository shows: by commit, by commit, by pull request."""

    statuses: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    checks: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    def status(self, commit: str) -> dict[str, Any] | None:
        """The status that counts: the last one set."""
        return self.statuses[commit][-1] if commit in self.statuses else None


@dataclass
class Api:
    """One GitHub. Tokens are given out with a job's permissions; requests beyond them are refused, and noted."""

    address: str = ""
    pulls: list[dict[str, Any]] = field(default_factory=list)
    tokens: dict[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    repositories: dict[str, Posted] = field(default_factory=dict)

    def token(self, repository: str, permissions: Mapping[str, str]) -> str:
        """A token for one job."""
        made = f"ghs_{secrets.token_hex(18)}"
        self.tokens[made] = (repository, permissions)
        return made

    def posted(self, repository: str) -> Posted:
        """What a repository shows."""
        return self.repositories.setdefault(repository, Posted())

    def answer(self, method: str, path: str, token: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Status and body of the answer to a request."""
        for wanted, pattern, permission, function in _ROUTES:
            found = re.fullmatch(rf"/repos/([^/]+/[^/]+){pattern}", path)
            if method != wanted or found is None:
                continue
            repository, *rest = found.groups()
            posted = self.posted(repository)
            owner, permissions = self.tokens.get(token, ("", {}))
            needed, level = permission.split(": ")
            if owner != repository or permissions.get(needed, "none") not in (level, "write"):
                posted.refused.append(f"{method} {path}")
                return 403, {"message": "Resource not accessible by integration"}
            return function(self, posted, body, *rest)
        return 404, {"message": "Not Found"}

    def _set_status(self, posted: Posted, body: dict[str, Any], commit: str) -> tuple[int, Any]:
        posted.statuses.setdefault(commit, []).append(body)
        return 201, {**body, "creator": BOT}

    def _check_runs(self, posted: Posted, body: dict[str, Any], commit: str) -> tuple[int, Any]:
        found = [check for check in posted.checks if check["head_sha"] == commit]
        return 200, {"total_count": len(found), "check_runs": found}

    def _make_check(self, posted: Posted, body: dict[str, Any]) -> tuple[int, Any]:
        check = {**body, "id": len(posted.checks) + 1, "annotations": body["output"].pop("annotations", [])}
        posted.checks.append(check)
        return 201, check

    def _change_check(self, posted: Posted, body: dict[str, Any], number: str) -> tuple[int, Any]:
        check = posted.checks[int(number) - 1]
        check["annotations"] += body["output"].pop("annotations", [])
        check.update(body)
        return 200, check

    def _annotations(self, posted: Posted, body: dict[str, Any], number: str) -> tuple[int, Any]:
        return 200, posted.checks[int(number) - 1]["annotations"]

    def _pulls(self, posted: Posted, body: dict[str, Any]) -> tuple[int, Any]:
        return 200, self.pulls

    def _comments(self, posted: Posted, body: dict[str, Any], number: str) -> tuple[int, Any]:
        return 200, [comment for comment in posted.comments if comment["issue"] == int(number)]

    def _comment(self, posted: Posted, body: dict[str, Any], number: str) -> tuple[int, Any]:
        posted.comments.append({**body, "id": len(posted.comments) + 1, "issue": int(number), "user": BOT})
        return 201, posted.comments[-1]

    def _edit(self, posted: Posted, body: dict[str, Any], number: str) -> tuple[int, Any]:
        posted.comments[int(number) - 1].update(body)
        return 200, posted.comments[int(number) - 1]


_ROUTES: list[tuple[str, str, str, Callable[..., tuple[int, Any]]]] = [
    ("POST", r"/statuses/([0-9a-f]{40})", "statuses: write", Api._set_status),
    ("GET", r"/commits/([0-9a-f]{40})/check-runs", "checks: read", Api._check_runs),
    ("POST", r"/check-runs", "checks: write", Api._make_check),
    ("PATCH", r"/check-runs/(\d+)", "checks: write", Api._change_check),
    ("GET", r"/check-runs/(\d+)/annotations", "checks: read", Api._annotations),
    ("GET", r"/pulls", "pull-requests: read", Api._pulls),
    ("GET", r"/issues/(\d+)/comments", "pull-requests: read", Api._comments),
    ("POST", r"/issues/(\d+)/comments", "pull-requests: write", Api._comment),
    ("PATCH", r"/issues/comments/(\d+)", "pull-requests: write", Api._edit),
]


@contextmanager
def serving() -> Iterator[Api]:
    """The API on a port of loopback."""
    api = Api()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            body = json.loads(self.rfile.read(length)) if length else {}
            token = self.headers.get("Authorization", "").removeprefix("Bearer ")
            with lock:
                status, told = api.answer(self.command, urlsplit(self.path).path, token, body)
                data = json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = answer

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
