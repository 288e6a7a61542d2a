"""Pages in a real browser: what stands on them, and their pictures."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.async_api import Error as BrowserError
from playwright.async_api import FloatRect, Locator, Page, Playwright

from config.stack_file import Stack

COLUMNS: Final = (
    "Workflow ID",
    "PerennialState",
    "PerennialPlan",
    "PerennialAmountDueText",
    "PerennialNextDue",
)
Row = tuple[str, str, str, bool]
"""State, plan, amount due, and whether a next action has its instant."""

_CHROMIUM: Final = "/usr/bin/chromium"
# Without a display, and without the calls home that a closed network refuses.
_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_WIDTH, _HEIGHT = 1320, 800
_LARGEST_PICTURE: Final = 300 * 1024
_PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.5
# As the UI writes it in British English.
_INSTANT: Final = re.compile(r"\d{1,2} \w+ 20\d\d, \d{1,2}:\d\d:\d\d")


class UnreadableError(Exception):
    """A page does not say what an operator must be able to read there."""


class Browser:
    """One page of the browser that looks at one stack."""

    def __init__(self, page: Page, stack: Stack, pictures: Path) -> None:
        self._page = page
        self._workflows = f"{stack.addresses['Temporal Web UI']}/namespaces/default/workflows"
        self._pictures = pictures

    async def read_list(self, picture: str, rows: Mapping[str, Row]) -> None:
        """Check the workflow list: one row per workflow id, with our search attributes as columns.

        Raises:
            UnreadableError: A row is not there, or says something else.
        """

        async def missing() -> str | None:
            await self._page.goto(self._workflows)
            await self._page.get_by_text(COLUMNS[-1]).first.wait_for()
            shown = await self._rows()
            wrong = [f"{name}: {shown.get(name)}" for name in rows if shown.get(name) != rows[name]]
            return f"the workflow list shows {wrong}" if wrong else None

        await _until(missing)
        await self._take(picture)

    async def read_details(
        self, picture: str, workflow_id: str, *, summary: str, details: tuple[str, ...]
    ) -> None:
        """Check the summary and the live details on a workflow's page.

        Raises:
            UnreadableError: They do not hold these words.
        """
        await self._open(workflow_id, "user-metadata")

        async def missing() -> str | None:
            # The UI renders markdown in frames of their own.
            texts = [await _text(frame.locator("body")) for frame in self._page.frames[1:]]
            shown = "\n".join(texts)
            wanted = [words for words in (summary, *details) if words not in shown]
            return f"{workflow_id} does not show {wanted} but {shown!r}" if wanted else None

        await _until(missing)
        await self._take(picture)

    async def read_timeline(
        self, picture: str | None, workflow_id: str, names: tuple[str, ...]
    ) -> None:
        """Check that the timeline of a workflow names these activities.

        Raises:
            UnreadableError: It does not.
        """
        await self._open(workflow_id, "timeline")
        await self._expect(workflow_id, names)
        if picture is not None:
            head = self._page.get_by_role("heading", name="Timeline").last
            await head.evaluate("heading => heading.scrollIntoView({block: 'start'})")
            await self._take(picture)

    async def read_page(
        self, picture: str, address: str, words: tuple[str, ...], *, height: int = _HEIGHT
    ) -> None:
        """Check that a page holds these words.

        Raises:
            UnreadableError: It does not.
        """
        await self._page.goto(address)
        await self._expect(address, words)
        await self._take(picture, height)

    async def _expect(self, where: str, words: tuple[str, ...]) -> None:
        async def missing() -> str | None:
            shown = await _text(self._page.locator("body"))
            wanted = [word for word in words if word not in shown]
            return f"{where} does not show {wanted} but {shown!r}" if wanted else None

        await _until(missing)

    async def _open(self, workflow_id: str, tab: str) -> None:
        # The UI adds the run id to the address by itself; its tabs need it there.
        await self._page.goto(f"{self._workflows}/{quote(workflow_id, safe='')}")
        await self._page.wait_for_url("**/timeline")
        await self._page.goto(self._page.url.removesuffix("timeline") + tab)

    async def _rows(self) -> dict[str, Row]:
        headings = [text.strip() for text in await self._page.locator("thead th").all_inner_texts()]
        places = [headings.index(column) for column in COLUMNS if column in headings]
        rows: dict[str, Row] = {}
        if len(places) != len(COLUMNS):
            # Still loading.
            return rows
        for line in await self._page.locator("tbody tr").all():
            cells = [text.strip() for text in await line.locator("td").all_inner_texts()]
            name, state, plan, due, instant = (cells[place] for place in places)
            rows[name] = (state, plan, due, bool(_INSTANT.search(instant)))
        return rows

    async def _take(self, picture: str, height: int = _HEIGHT) -> None:
        # What moves (spinners, notices that fade) has come to rest, and fonts are there.
        await self._page.evaluate("document.fonts.ready")
        file = self._pictures / f"{picture}.png"
        clip = FloatRect(x=0, y=0, width=_WIDTH, height=height)
        await self._page.screenshot(path=file, animations="disabled", clip=clip)
        if file.stat().st_size > _LARGEST_PICTURE:
            raise UnreadableError(f"{file} is larger than {_LARGEST_PICTURE} bytes")
        print(f"{file.name}: {file.stat().st_size // 1024} KiB")


async def open_browser(playwright: Playwright, stack: Stack, pictures: Path) -> Browser:
    """Return a browser whose Web UI lists our search attributes, as an operator sets it up once."""
    chromium = await playwright.chromium.launch(executable_path=_CHROMIUM, args=_FLAGS)
    context = await chromium.new_context(
        viewport={"width": _WIDTH, "height": _HEIGHT}, timezone_id="UTC", locale="en-GB"
    )
    columns = {"default": [{"label": column} for column in COLUMNS]}
    # Where the Web UI keeps what people set: columns per namespace, a folded navigation.
    kept = {
        "namespace-workflow-table-columns": json.dumps(columns),
        "navOpen": json.dumps(False),
    }
    await context.add_init_script(
        f"for (const [name, value] of Object.entries({json.dumps(kept)})) localStorage.setItem(name, value)"
    )
    return Browser(await context.new_page(), stack, pictures)


async def _until(missing: Callable[[], Awaitable[str | None]]) -> None:
    deadline = asyncio.get_running_loop().time() + _PATIENCE_SECONDS
    while (problem := await missing()) is not None:
        if asyncio.get_running_loop().time() > deadline:
            raise UnreadableError(problem)
        await asyncio.sleep(_POLL_SECONDS)


async def _text(place: Locator) -> str:
    try:
        # Lines of markup may break inside a sentence.
        return re.sub(r"\s+", " ", await place.inner_text())
    except BrowserError:
        # The UI has just drawn this part anew: look again.
        return ""
