"""One request to GitHub's REST API, and what its answer means: done, worth another attempt, or refused.

Never more is read than a bound, and the token never goes to another host.
"""

import email.utils
from collections.abc import Iterator
from types import TracebackType
from typing import Any, TypeVar
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
import msgspec

from autograder.reports.github.retry import Patience, TryAgain
from autograder.reports.github.run import Run

API_VERSION = "2022-11-28"
TIMEOUT = httpx.Timeout(20.0, connect=10.0)  # seconds without a byte
LARGEST_RESPONSE = 32 << 20  # bytes; PER_PAGE comments, each of GitHub's most characters, every one escaped, are 19 MB
PER_PAGE = 50
MOST_PAGES = 50  # a discussion has at most 2500 comments
MOST_REDIRECTS = 3
SECONDARY_LIMIT = 60.0  # seconds to wait where GitHub names no time

T = TypeVar("T")


class Refused(Exception):
    """GitHub refused a request, and would again. `status` is the HTTP status; the text says which request."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


class _Problem(msgspec.Struct):
    message: str = ""


class Client:
    """One repository's API. Each request is one attempt: `Patience.until_done` makes several of it."""

    def __init__(self, run: Run, patience: Patience, timeout: httpx.Timeout = TIMEOUT) -> None:
        self._patience = patience
        self._repository = f"{run.api}/repos/{run.repository}"
        self._http = httpx.Client(
            headers={
                "Accept": "application/vnd.github+json",
                "Accept-Encoding": "identity",
                "Authorization": f"Bearer {run.token}",
                "User-Agent": "gradients-in-pytorch",
                "X-GitHub-Api-Version": API_VERSION,
            },
            timeout=timeout,
            follow_redirects=False,
        )

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def request(self, method: str, path: str, answer: type[T], body: dict[str, Any] | None = None) -> T:
        """One request under the repository. Raises TryAgain or Refused."""
        return self._exchange(method, path, answer, body)[0]

    def pages(self, path: str, kind: type[T], **query: str) -> Iterator[T]:
        """All entries of a list, asked for a page at a time while GitHub says that there is another."""
        for page in range(1, MOST_PAGES + 1):
            asked = urlencode({**query, "per_page": PER_PAGE, "page": page})
            found, more = self._exchange("GET", f"{path}?{asked}", list[kind], None)  # type: ignore[valid-type]
            yield from found
            if not more:
                return

    def _exchange(self, method: str, path: str, answer: type[T], body: dict[str, Any] | None) -> tuple[T, bool]:
        """What GitHub answers, and whether the list goes on. A redirect is followed where the token may go."""
        address = f"{self._repository}{path}"
        what = f"{method} {urlsplit(address).path}"
        for _ in range(MOST_REDIRECTS + 1):
            response, data = self._answered(method, address, what, body)
            moved = urljoin(address, response.headers["Location"]) if response.has_redirect_location else None
            if moved is None or not _same_origin(moved, address):
                break
            address = moved
        if not response.is_success:
            raise self._failure(response, data, what)
        try:
            return msgspec.json.decode(data, type=answer), "next" in response.links
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise TryAgain(f"{what} was answered with something that is no answer of GitHub's") from None

    def _answered(
        self, method: str, address: str, what: str, body: dict[str, Any] | None
    ) -> tuple[httpx.Response, bytes]:
        """The response and its bytes, read to a bound in size and time."""
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        data = bytearray()
        try:
            with self._http.stream(method, address, content=content, headers=headers) as response:
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > LARGEST_RESPONSE:
                        raise Refused(f"{what} was answered with more than {LARGEST_RESPONSE >> 20} MiB", 0)
                    if not self._patience.left():
                        raise TryAgain(f"{what} was answered too slowly")
        except httpx.HTTPError as error:
            raise TryAgain(f"{what} did not get through ({type(error).__name__})") from error
        return response, bytes(data)

    def _failure(self, response: httpx.Response, data: bytes, what: str) -> TryAgain | Refused:
        """What a status that is no success means: GitHub's trouble, a limit of rate, or a refusal."""
        try:
            message = msgspec.json.decode(data, type=_Problem).message
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            message = ""
        reason = f"{what} was answered with {response.status_code}" + (f": {message[:300]}" if message else "")
        limited = response.status_code == 429 or (
            response.status_code == 403
            and ("Retry-After" in response.headers or _none_left(response) or "rate limit" in message.lower())
        )
        if limited:
            return TryAgain(reason, self._wait(response))
        if response.status_code >= 500:
            return TryAgain(reason, _retry_after(response, self._patience.clock.date()))
        return Refused(reason, response.status_code)

    def _wait(self, response: httpx.Response) -> float:
        date = self._patience.clock.date()
        asked = _retry_after(response, date)
        if asked is not None:
            return asked
        if _none_left(response):
            reset = _seconds(response.headers.get("X-RateLimit-Reset", ""))
            if reset is not None:
                return max(0.0, reset - date)
        return SECONDARY_LIMIT


def _same_origin(one: str, other: str) -> bool:
    """Whether the token may go from one address to the other: same scheme, host and port."""
    return urlsplit(one)[:2] == urlsplit(other)[:2]


def _none_left(response: httpx.Response) -> bool:
    return str(response.headers.get("X-RateLimit-Remaining", "")).strip() == "0"


def _retry_after(response: httpx.Response, date: float) -> float | None:
    """The seconds of Retry-After, which is a number or a date (RFC 9110, 10.2.3); None where it is neither."""
    asked = str(response.headers.get("Retry-After", ""))
    seconds = _seconds(asked)
    if seconds is not None:
        return seconds
    try:
        return max(0.0, email.utils.parsedate_to_datetime(asked).timestamp() - date)
    except (ValueError, TypeError, OverflowError):
        return None


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdecimal() and len(text) < 15 else None
