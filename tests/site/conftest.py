"""The built site in a headless Chromium: `make test-site`."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page, Response

HERE = Path(__file__).resolve().parent
SITE = HERE.parent.parent / "build" / "site"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Ignore these tests in the normal run, which does not build the site."""
    return None if config.rootpath == HERE else True


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site."""
    assert (SITE / "index.html").is_file(), "run `make test-site`: it builds the site"
    return SITE


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


class _Server(ThreadingHTTPServer):
    def handle_error(self, *_: Any) -> None:
        """Ignore that a browser leaves a page before it has everything."""


@pytest.fixture(scope="session")
def base(site: Path) -> Iterator[str]:
    """The address of the site, without a slash at the end."""
    with _Server(("127.0.0.1", 0), partial(_Quiet, directory=str(site))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip(f"no browser: install one of {', '.join(PROGRAMS)}")
    from playwright.sync_api import expect, sync_playwright  # the normal run reads this file, and does not have it

    # Chromium's sandbox does not work for root.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    expect.set_options(timeout=30_000)  # the machine may be busy
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=sandbox)
        yield browser
        browser.close()


class Observed:
    """What happens in a browser's context and nobody sees: errors on the console, and requests to elsewhere."""

    def __init__(self, context: BrowserContext, base: str) -> None:
        self.base = base
        self.errors: list[str] = []
        self.foreign: list[str] = []
        context.on("console", lambda message: message.type in ("error", "warning") and self.errors.append(message.text))
        context.on("weberror", lambda error: self.errors.append(str(error.error)))
        context.on("request", lambda request: self._check(request.url))
        context.on("response", self._check_status)

    def _check_status(self, response: Response) -> None:
        if response.status >= 400:
            self.errors.append(f"{response.status} {response.url}")

    def _check(self, url: str) -> None:
        if not url.startswith((f"{self.base}/", "data:", "blob:")):
            self.foreign.append(url)


@pytest.fixture(scope="session")
def observe(base: str) -> Callable[[BrowserContext], Observed]:
    """A function that begins to observe a context."""
    return lambda context: Observed(context, base)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    with browser.new_context(viewport={"width": 1200, "height": 900}) as context:
        yield context


@pytest.fixture
def observed(context: BrowserContext, base: str) -> Iterator[Observed]:
    """What must stay empty during a test."""
    observed = Observed(context, base)
    yield observed
    assert (observed.errors, observed.foreign) == ([], [])


@pytest.fixture
def page(context: BrowserContext, observed: Observed) -> Page:
    return context.new_page()


# The theme hides what is too wide for the page, and scrolls the text instead.
WIDTH = """() => Math.max(
    document.documentElement.scrollWidth,
    ...[...document.querySelectorAll(".main, .content")].map((part) => part.getBoundingClientRect().left + part.scrollWidth),
)"""


@pytest.fixture(scope="session")
def measure_width() -> Callable[[Page], float]:
    """A function that returns the width that a page needs to not scroll sideways."""
    return lambda page: page.evaluate(WIDTH)
