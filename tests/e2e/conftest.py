"""A browser for tests, and pages that must ask for nothing and complain of nothing."""

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

OpenPage = Callable[..., Page]

_TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """Start the browser that tools/browser.py finds or gets."""
    sys.path.insert(0, str(_TOOLS))
    try:
        tool = importlib.import_module("browser")
    finally:
        sys.path.remove(str(_TOOLS))
    capture = request.config.pluginmanager.getplugin("capturemanager")
    try:
        with capture.global_and_fixture_disabled():  # getting one takes a while: say so
            path = tool.browser()
    except tool.NoBrowserError as error:
        pytest.skip(f"browser: {error}")
    with sync_playwright() as playwright:
        program = playwright.chromium.launch(executable_path=path, args=list(tool.FLAGS))
        yield program
        program.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open files in pages that fail the test if they ask for anything or report an error."""
    asked: list[str] = []
    said: list[str] = []

    def open_page(path: Path, width: int = 1440, height: int = 900, **options: Any) -> Page:
        context = closing.enter_context(
            browser.new_context(viewport={"width": width, "height": height}, **options)
        )

        def decide(route: Any) -> None:
            if route.request.url == path.as_uri():
                route.continue_()
            else:
                asked.append(route.request.url)
                route.abort()

        context.route(lambda url: not url.startswith("data:"), decide)
        page = context.new_page()
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.goto(path.as_uri())
        return page

    with ExitStack() as closing:
        yield open_page
        assert asked == []
        assert said == []
