"""A small GitHub on loopback, with a memory: what is posted is found again. It can be told to fail in every way.

Its answers are the examples of GitHub's own description, where one is given, with what was posted laid over them.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Example = Callable[[str, str, str], Any]
Fault = Callable[["_Handler"], bool]
"""Spoils one request. Returns whether it answered; else the request is answered as ever."""

BOT = "github-actions[bot]"
ROOT = "/repos/{owner}/{repo}"


class FakeGitHub:
    """The repository owner/course. `requests` holds method, path and body of each request, in order."""

    def __init__(self, example: Example = lambda path, method, status: {}, prefix: str = "") -> None:
        self.example, self.prefix = example, prefix
        self.requests: list[tuple[str, str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.faults: list[Fault] = []
        self.statuses: list[dict[str, Any]] = []
        self.check_runs: list[dict[str, Any]] = []
        self.annotations: dict[int, list[dict[str, Any]]] = {}
        self.pulls: list[dict[str, Any]] = []
        self.comments: dict[int, list[dict[str, Any]]] = {}
        self.may_write = True
        self.endless = 0  # bytes sent of a body without end
        self._numbers = iter(range(1000, 100_000))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"github": self}))
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def forget(self) -> None:
        """A repository in which nothing happened yet."""
        for memory in (self.requests, self.headers, self.faults, self.statuses, self.check_runs, self.pulls):
            memory.clear()
        self.annotations.clear()
        self.comments.clear()

    def __enter__(self) -> "FakeGitHub":
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add_pull(
        self, number: int, sha: str, repository: str = "owner/course", branch: str = "main", state: str = "open"
    ) -> None:
        """A pull request whose head is `sha` on `branch` of `repository`."""
        pull = first(self.example(f"{ROOT}/pulls", "get", "200"))
        head = {
            **pull.get("head", {}),
            "sha": sha,
            "ref": branch,
            "label": f"{repository.split('/')[0]}:{branch}",
            "repo": {**pull.get("head", {}).get("repo", {})},
        }
        head["repo"]["full_name"] = repository
        teams = {"requested_teams": []}  # the example has one without its type, against the description itself
        self.pulls.append({**pull, **teams, "number": number, "state": state, "head": head})

    def add_comment(self, number: int, body: str, login: str) -> dict[str, Any]:
        """A comment on pull request `number`."""
        comment = first(self.example(f"{ROOT}/issues/{{issue_number}}/comments", "get", "200"))
        user = {**comment.get("user", {}), "login": login}
        comment = {**comment, "id": next(self._numbers), "body": body, "user": user}
        self.comments.setdefault(number, []).append(comment)
        return comment

    def posted(self, method: str, path: str) -> list[Any]:
        """The bodies of the requests of this method whose path begins so."""
        return [body for made, where, body in self.requests if made == method and where.startswith(path)]

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any, bool]:
        """Status, JSON, and whether a list goes on."""
        if not path.startswith(f"{self.prefix}/repos/owner/course"):
            return 404, {"message": "Not Found"}, False
        if method != "GET" and not self.may_write:
            return 403, {"message": "Resource not accessible by integration"}, False
        rest = path.removeprefix(f"{self.prefix}/repos/owner/course")
        for wanted, form, handler in ROUTES:
            if wanted == method and (found := re.fullmatch(form, rest)):
                return handler(self, *found.groups(), query=query, body=body)
        return 404, {"message": "Not Found"}, False

    def set_status(self, sha: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        self.statuses.append({"sha": sha, **body})
        made = self.example(f"{ROOT}/statuses/{{sha}}", "post", "201")
        return 201, {**made, **body, "creator": {**made.get("creator", {}), "login": BOT}}, False

    def find_check_runs(self, sha: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        name = query["check_name"][0]
        found = [run for run in self.check_runs if run["head_sha"] == sha and run["name"] == name]
        latest = found[-1:]
        return 200, {"total_count": len(latest), "check_runs": latest}, False

    def create_check_run(self, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        made = self.example(f"{ROOT}/check-runs", "post", "201")
        number = next(self._numbers)
        self.check_runs.append({**made, "id": number, "head_sha": body["head_sha"], "name": body["name"]})
        self.annotations[number] = []
        return 201, self._shown(self.check_runs[-1], body), False

    def update_check_run(self, number: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        found = next((run for run in self.check_runs if run["id"] == int(number)), None)
        if found is None:
            return 404, {"message": "Not Found"}, False
        return 200, self._shown(found, body), False

    def _shown(self, run: dict[str, Any], body: Any) -> dict[str, Any]:
        """GitHub adds annotations to those there are, and answers with their number."""
        added = body["output"]["annotations"]
        assert len(added) <= 50, "GitHub takes 50 annotations a request"
        self.annotations[run["id"]] += added
        run |= {key: body[key] for key in ("external_id", "status", "conclusion", "details_url") if key in body}
        output = {key: value for key, value in body["output"].items() if key != "annotations"}
        run["output"] = {**run.get("output", {}), **output, "annotations_count": len(self.annotations[run["id"]])}
        return run

    def list_annotations(self, number: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        base = first(self.example(f"{ROOT}/check-runs/{{check_run_id}}/annotations", "get", "200"))
        return _page([{**base, **one} for one in self.annotations[int(number)]], query)

    def find_pulls(self, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        (head,), (state,) = query["head"], query["state"]
        return _page([pull for pull in self.pulls if (pull["head"]["label"], pull["state"]) == (head, state)], query)

    def list_comments(self, number: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        return _page(self.comments.get(int(number), []), query)

    def create_comment(self, number: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        if len(body["body"]) > 65_536:
            return 422, {"message": "Validation Failed", "errors": ["Body is too long"]}, False
        return 201, self.add_comment(int(number), body["body"], BOT), False

    def edit_comment(self, number: str, *, query: Any, body: Any) -> tuple[int, Any, bool]:
        for comment in (one for many in self.comments.values() for one in many):
            if comment["id"] == int(number):
                comment["body"] = body["body"]
                return 200, comment, False
        return 404, {"message": "Not Found"}, False


ROUTES: list[tuple[str, str, Callable[..., tuple[int, Any, bool]]]] = [
    ("POST", r"/statuses/([0-9a-f]{40})", FakeGitHub.set_status),
    ("GET", r"/commits/([0-9a-f]{40})/check-runs", FakeGitHub.find_check_runs),
    ("POST", r"/check-runs", FakeGitHub.create_check_run),
    ("PATCH", r"/check-runs/(\d+)", FakeGitHub.update_check_run),
    ("GET", r"/check-runs/(\d+)/annotations", FakeGitHub.list_annotations),
    ("GET", r"/pulls", FakeGitHub.find_pulls),
    ("GET", r"/issues/(\d+)/comments", FakeGitHub.list_comments),
    ("POST", r"/issues/(\d+)/comments", FakeGitHub.create_comment),
    ("PATCH", r"/issues/comments/(\d+)", FakeGitHub.edit_comment),
]


def first(example: Any) -> dict[str, Any]:
    """The first entry of a list's example, or nothing."""
    return example[0] if example else {}


def _page(entries: list[Any], query: dict[str, list[str]]) -> tuple[int, Any, bool]:
    size, page = int(query.get("per_page", ["30"])[0]), int(query.get("page", ["1"])[0])
    return 200, entries[(page - 1) * size : page * size], len(entries) > page * size


class _Handler(BaseHTTPRequestHandler):
    github: FakeGitHub
    protocol_version = "HTTP/1.1"

    def do(self) -> None:
        split = urlsplit(self.path)
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.loads(data) if data else None
        github = self.github
        github.requests.append((self.command, split.path.removeprefix(github.prefix), body))
        github.headers.append({name.lower(): value for name, value in self.headers.items()})
        self.reply = lambda: github.answer(self.command, split.path, parse_qs(split.query), body)
        if github.faults and github.faults.pop(0)(self):
            return
        status, answer, more = self.reply()
        self.send(status, json.dumps(answer).encode(), {"Link": '<http://127.0.0.1/>; rel="next"'} if more else {})

    do_GET = do_POST = do_PATCH = do

    def send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json; charset=utf-8", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: object) -> None:
        pass


def works(handler: _Handler) -> bool:
    """No fault: to let requests pass before the one that is spoilt."""
    return False


def refuses(status: int, message: str = "no", **headers: str) -> Fault:
    """An answer with this status; header names with _ for -."""

    def fault(handler: _Handler) -> bool:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        handler.send(status, json.dumps({"message": message}).encode(), named)
        return True

    return fault


def says(data: bytes, status: int = 200) -> Fault:
    """An answer of these bytes."""

    def fault(handler: _Handler) -> bool:
        handler.send(status, data)
        return True

    return fault


def hangs_up(handler: _Handler) -> bool:
    """The connection ends before a byte of the answer."""
    handler.close_connection = True
    return True


def done_but_cut_off(handler: _Handler) -> bool:
    """The request is carried out, and the connection ends in the middle of the answer."""
    handler.reply()
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"id": ')
    handler.close_connection = True
    return True


def sleeps(seconds: float) -> Fault:
    """Not a byte for so long."""

    def fault(handler: _Handler) -> bool:
        time.sleep(seconds)
        handler.close_connection = True
        return True

    return fault


def never_ends(handler: _Handler) -> bool:
    """A body without end, as fast as it is taken."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * (1 << 20))
            handler.github.endless += 1 << 20
    except OSError:
        handler.close_connection = True
    return True


def drips(handler: _Handler) -> bool:
    """A body without end, a byte at a time, so that no single wait is long."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.01)
    except OSError:
        handler.close_connection = True
    return True
