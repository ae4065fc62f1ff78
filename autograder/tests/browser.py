"""A real browser for the tests of pages: this machine's Chromium, cut off from the network and watched.

A test module imports the fixture it needs: ``from autograder.tests.browser import browser``. Playwright comes with its
own driver; the browser itself is the system's.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as BrowserError

LAPTOP, PHONE = (1366, 850), (390, 844)  # CSS pixels
A4_ACROSS = (1054, 725)  # what @page leaves of A4 landscape with margins of 9 mm
_NAMES = ("chromium", "google-chrome", "google-chrome-stable", "chromium-browser", "chrome")


@dataclass
class Opened:
    """A page that is open, what it asked for besides itself, and what its console and scripts complained of."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")  # not longer: Playwright's event loop would be in the way of other tests
def browser() -> Iterator[Browser]:
    """The system's Chromium, or Chrome where it is installed in its usual place."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    with sync_playwright() as playwright:
        try:
            launched = playwright.chromium.launch(executable_path=found, channel=None if found else "chrome")
        except BrowserError as error:
            missing = f"no Chromium that starts; install the package chromium ({str(error).splitlines()[0]})"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(missing)
        yield launched
        launched.close()


@contextmanager
def opened(
    browser: Browser, file: Path, *, size: tuple[int, int] = LAPTOP, dark: bool = False, script: bool = True
) -> Iterator[Opened]:
    """Open a file in a fresh, offline context, and watch it."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if dark else "light",
        java_script_enabled=script,
        offline=True,
    )
    seen, address = Opened(context.new_page()), file.resolve().as_uri()
    seen.page.on("request", lambda request: seen.requests.append(request.url))
    seen.page.on("console", lambda said: seen.complaints.append(f"{said.type}: {said.text}"))
    seen.page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    seen.page.on("dialog", lambda dialog: (seen.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    try:
        seen.page.goto(address)
        seen.requests.remove(address)
        yield seen
    finally:
        context.close()


def barriers(page: Page) -> list[str]:
    """What axe-core finds that keeps people out: the rule, and the first element that breaks it."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['help']}: {one['nodes'][0]['html'][:200]}" for one in found]


def overflow(page: Page) -> int:
    """By how many CSS pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
