"""The playground: the same answers as the library in CPython."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from resources_py import Resources, ResourcesError

LOADED = 60_000  # milliseconds: Python is 14 MB
GOOD = 'Resources(cpu=("500m", 2), mem="1Gi", gpu=1)'
BAD = 'Resources(cpu=(2, 1), mem="123Mb", gpu=0.5)'
STANZA = """\
resources:
  requests:
    cpu: 500m
    memory: 1Gi
    nvidia.com/gpu: '1'
  limits:
    cpu: '2'
    memory: 1Gi
    nvidia.com/gpu: '1'
"""


@pytest.fixture(autouse=True)
def runtime(site: Path) -> None:
    if not json.loads((site / "_static" / "playground" / "runtime.json").read_text())["pyodide"]:
        pytest.skip("the site was built without Python: make playground needs npm")


def enter(page: Page, text: str) -> None:
    """Write a declaration, as a visitor does, and run it."""
    box = page.get_by_label("Declaration")
    box.fill(text)
    box.press("Control+Enter")


def state(page: Page) -> Locator:
    return page.get_by_role("status")


def output(page: Page, name: str) -> Locator:
    return page.locator(f"[data-output={name}] pre")


def rows(page: Page, name: str) -> list[tuple[str, ...]]:
    found = page.locator(f"[data-rows={name}]:not([hidden]) tbody tr")
    return [tuple(row.locator("td").all_inner_texts()) for row in found.all()]


def load(page: Page, base: str) -> None:
    page.goto(f"{base}/playground.html")
    expect(state(page)).to_have_text("Valid.", timeout=LOADED)


@pytest.fixture(scope="module")
def loaded(browser: Browser, base: str, observe: Callable[..., Any]) -> Iterator[Page]:
    """One page for the tests that only type."""
    with browser.new_context() as context:
        observed = observe(context)
        page = context.new_page()
        load(page, base)
        yield page
        assert (observed.errors, observed.foreign) == ([], [])


def test_a_good_declaration(loaded: Page) -> None:
    enter(loaded, "Resources()")
    expect(output(loaded, "bytes")).to_have_text("(none)")
    enter(loaded, GOOD)
    expect(output(loaded, "stanza")).to_have_text(STANZA)
    declared = Resources(cpu=("500m", 2), mem="1Gi", gpu=1)
    expect(output(loaded, "json")).to_have_text(declared.to_json())
    expect(output(loaded, "bytes")).to_have_text(bytes(declared).hex(" "))
    expect(loaded.locator("[data-part=length]")).to_have_text(f"{len(bytes(declared))} bytes")
    assert rows(loaded, "violations") == rows(loaded, "warnings") == []


def test_a_bad_declaration(loaded: Page) -> None:
    enter(loaded, BAD)
    expect(state(loaded)).to_have_text("3 errors.")
    with pytest.raises(ResourcesError) as caught:
        Resources(cpu=(2, 1), mem="123Mb", gpu=0.5)
    assert rows(loaded, "violations") == [tuple(violation) for violation in caught.value.violations]
    expect(output(loaded, "bytes")).to_be_hidden()


def test_a_reason_links_to_its_section(page: Page, base: str) -> None:
    load(page, base)
    enter(page, BAD)
    page.get_by_role("link", name="REQUEST_ABOVE_LIMIT").click()
    section = page.locator(page.evaluate("location.hash"))
    expect(section).to_be_visible()
    expect(section.locator("xpath=ancestor-or-self::section[1]/*[self::h2 or self::h3]")).to_contain_text(
        "REQUEST_ABOVE_LIMIT"
    )


@pytest.mark.filterwarnings("ignore::resources_py.ResourcesWarning")
@pytest.mark.parametrize("text", ["mem='100m'", "cpu='0.30000000000000004'", "cpu=0.1, mem=2**62", "gpu=('1', None)"])
def test_bytes_and_warnings_are_those_of_the_library(loaded: Page, text: str) -> None:
    enter(loaded, f"Resources({text})")
    declared = eval(f"Resources({text})")
    expect(output(loaded, "bytes")).to_have_text(bytes(declared).hex(" "))
    assert rows(loaded, "warnings") == [(w.field, w.reason, w.description) for w in declared.warnings]


def test_it_updates_while_typing(loaded: Page) -> None:
    enter(loaded, "Resources()")
    expect(output(loaded, "bytes")).to_have_text("(none)")
    box = loaded.get_by_label("Declaration")
    box.fill("")
    box.press_sequentially("Resources(cpu=3)")
    expect(output(loaded, "bytes")).to_have_text(bytes(Resources(cpu=3)).hex(" "))


def test_examples(loaded: Page) -> None:
    loaded.get_by_label("Examples").select_option(label="A warning")
    expect(state(loaded)).to_have_text("Valid, with 1 warning.")


def test_an_error_of_python(loaded: Page) -> None:
    enter(loaded, "Resources(")
    expect(output(loaded, "error")).to_contain_text("SyntaxError")
    expect(output(loaded, "stanza")).to_be_hidden()


def test_values_are_shown_as_text(loaded: Page) -> None:
    enter(loaded, "Resources(mem='<img src=x onerror=alert(1)>')")
    expect(state(loaded)).to_have_text("1 error.")
    assert "<img" in rows(loaded, "violations")[0][2]
    assert loaded.locator("#try img").count() == 0


def test_a_loop_without_end_is_stopped(page: Page, base: str) -> None:
    load(page, base)
    enter(page, "while True: pass")
    expect(state(page)).to_contain_text("Stopped after 5 seconds", timeout=20_000)
    enter(page, GOOD)
    expect(state(page)).to_have_text("Valid.", timeout=LOADED)


def test_a_link_is_not_run_before_the_visitor_says_so(page: Page, base: str) -> None:
    text = "print(6 * 7)\nResources(cpu=3)"
    page.goto(f"{base}/playground.html#code={quote(text)}")
    expect(page.locator("#try")).to_have_attribute("data-state", "ready", timeout=LOADED)
    page.wait_for_timeout(1000)
    expect(state(page)).to_have_text(re.compile("comes from a link"))
    expect(output(page, "printed")).to_be_hidden()
    page.get_by_role("button", name="Run").click()
    expect(output(page, "printed")).to_have_text("42\n")
    expect(output(page, "bytes")).to_have_text(bytes(Resources(cpu=3)).hex(" "))


def test_a_copied_link_opens_the_same_declaration(page: Page, base: str) -> None:
    load(page, base)
    enter(page, f"{BAD}  # 100% & more")
    page.get_by_role("button", name="Copy link").click()
    expect(page).to_have_url(re.compile("#code="))
    page.goto("about:blank")
    page.go_back()
    expect(page.get_by_label("Declaration")).to_have_value(f"{BAD}  # 100% & more")


def test_what_python_needs_is_missing(page: Page, base: str, observed: Any) -> None:
    """The page says so, and starts once it is there again."""
    page.context.route("**/packages.zip", lambda route: route.fulfill(status=503))
    page.goto(f"{base}/playground.html")
    expect(state(page)).to_contain_text("Python did not start", timeout=LOADED)
    expect(state(page)).to_contain_text("packages.zip: 503")
    assert [error for error in observed.errors if "503" not in error] == []
    observed.errors.clear()
    page.context.unroute("**/packages.zip")
    page.get_by_role("button", name="Run").click()
    expect(state(page)).to_have_text("Valid.", timeout=LOADED)


def test_a_site_without_python_says_so(page: Page, base: str) -> None:
    page.route("**/runtime.json", lambda route: route.fulfill(json={"pyodide": None}))
    page.goto(f"{base}/playground.html")
    expect(state(page)).to_contain_text("make playground")
    expect(page.get_by_label("Declaration")).to_be_disabled()


def test_a_file_says_that_it_needs_a_server(browser: Browser, site: Path) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto((site / "playground.html").as_uri())
        expect(state(page)).to_contain_text("http.server")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_phone(browser: Browser, base: str, scheme: str, measure_width: Callable[..., float]) -> None:
    with browser.new_context(viewport={"width": 360, "height": 740}, color_scheme=scheme) as context:
        page = context.new_page()
        load(page, base)
        long_value, long_line = f"Resources(mem='{'9' * 60}')", f"print('x' * 500)\n{GOOD}"
        for text, shown in ((BAD, "3 errors."), (long_value, "1 error."), (long_line, "Valid.")):
            enter(page, text)
            expect(state(page)).to_have_text(shown)
            assert measure_width(page) <= 360, text
