"""The search, on a server and from files."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Page, expect

WORD, TITLE = "mashumaro", "mashumaro and dataclasses"


def search(page: Page) -> None:
    """Type a word, and follow the result with the title."""
    box = page.get_by_role("textbox", name="Search")
    box.fill(WORD)
    box.press("Enter")
    results = page.locator("#search-results")
    results.get_by_role("link", name=TITLE, exact=True).first.click()
    expect(page.locator("h1")).to_contain_text(TITLE)
    assert "search.html" not in page.url


def test_search_finds_a_page(page: Page, base: str) -> None:
    page.goto(f"{base}/index.html")
    search(page)


def test_search_works_without_a_server(browser: Browser, site: Path) -> None:
    # Errors are expected here: browsers do not let the page load the summaries of its results.
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "index.html").as_uri())
        search(page)


def test_search_says_that_it_found_nothing(page: Page, base: str) -> None:
    page.goto(f"{base}/search.html?q=zzyzxzzyzx")
    expect(page.locator("#search-results")).to_contain_text("did not match any documents")
