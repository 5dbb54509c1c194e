"""Every page of the site, at the width of a phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from playwright.sync_api import Browser

PHONE = 360

LOOK = """() => ({
    ids: [...document.querySelectorAll("[id]")].map((element) => element.id),
    links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
    nameless: [...document.querySelectorAll("img")].filter((image) => !image.alt.trim()).map((image) => image.src),
    language: document.documentElement.lang,
    titles: [...document.querySelectorAll("h1")].length,
})"""


@dataclass
class Crawled:
    """The pages by their path, with what LOOK returns, and their width."""

    observed: Any
    pages: dict[str, dict[str, Any]]

    def failing(self, check: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        found = {path: check(page) for path, page in self.pages.items()}
        return {path: wrong for path, wrong in found.items() if wrong}


@pytest.fixture(scope="module")
def crawled(
    browser: Browser, base: str, site: Path, observe: Callable[..., Any], measure_width: Callable[..., float]
) -> Crawled:
    context = browser.new_context(viewport={"width": PHONE, "height": 740})
    observed = observe(context)
    page, pages = context.new_page(), {}
    for path in sorted(path.relative_to(site).as_posix() for path in site.rglob("*.html")):
        page.goto(f"{base}/{path}")
        pages[path] = page.evaluate(LOOK) | {"width": measure_width(page)}
    context.close()
    return Crawled(observed, pages)


def test_the_site_has_pages(crawled: Crawled) -> None:
    assert {"index.html", "search.html", "playground.html", "genindex.html"} <= crawled.pages.keys()
    assert crawled.failing(lambda page: page["titles"] > 1) == {}


def test_no_page_has_an_error(crawled: Crawled) -> None:
    assert crawled.observed.errors == []


def test_no_request_leaves_the_host(crawled: Crawled) -> None:
    assert crawled.observed.foreign == []


def test_no_page_scrolls_sideways(crawled: Crawled) -> None:
    assert crawled.failing(lambda page: page["width"] if page["width"] > PHONE else 0) == {}


def test_images_have_a_text(crawled: Crawled) -> None:
    assert crawled.failing(lambda page: page["nameless"]) == {}


def test_ids_are_unique(crawled: Crawled) -> None:
    # A script or a link would find the first one only.
    assert crawled.failing(lambda page: {name for name in page["ids"] if page["ids"].count(name) > 1}) == {}


def test_no_link_is_dead(crawled: Crawled, base: str, site: Path) -> None:
    followed = 0

    def is_dead(link: str) -> bool:
        path, _, anchor = link.removeprefix(base).partition("#")
        path = unquote(path).lstrip("/")
        if path.endswith("/") or not path:
            path += "index.html"
        if anchor and path in crawled.pages:
            return unquote(anchor) not in crawled.pages[path]["ids"]
        return not (site / path).is_file()

    dead: dict[str, list[str]] = {}
    for path, page in crawled.pages.items():
        own = [link for link in page["links"] if link.startswith(f"{base}/")]
        followed += len(own)
        if wrong := sorted(link.removeprefix(base) for link in set(own) if is_dead(link)):
            dead[path] = wrong
    assert dead == {}
    assert followed > len(crawled.pages)


def test_the_page_can_be_read_aloud(crawled: Crawled) -> None:
    assert crawled.failing(lambda page: not page["language"]) == {}
