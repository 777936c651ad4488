"""Take the pictures of README from a running server: each page wide and light, narrow and dark.

Run by hand, against ``apportion demo``, with an administrator's account::

    python tools/pictures.py http://localhost:8866 EMAIL PASSWORD
"""

import argparse
import io
import shutil
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from apportion.config import get_settings
from apportion.server.pages import APPS, DATA, HOME, RUNS, SETTINGS, existing

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SHAPES = ((1280, 860, "light"), (390, 844, "dark"))
COLOURS = 96
PATIENCE = 120_000


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--only", default="", help="pages' names, comma-separated")
    arguments = parser.parse_args()
    apps = existing(APPS, get_settings().notebooks)
    pages = [HOME, *apps, DATA, RUNS, SETTINGS]
    only = set(filter(None, arguments.only.split(",")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        for width, height, scheme in SHAPES:
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                has_touch=width < 600,
                is_mobile=width < 600,
            )
            context.set_default_timeout(PATIENCE)
            tab = context.new_page()
            sign_in(tab, arguments.address, arguments.email, arguments.password)
            for page in pages:
                if only and page.name not in only:
                    continue
                tab.goto(arguments.address.rstrip("/") + page.path)
                if page in apps:
                    tab.wait_for_selector("#loading", state="detached")
                    tab.wait_for_load_state("networkidle")
                    tab.wait_for_timeout(1500)  # the charts' transitions
                name = page.name.replace("_", "-")
                save(tab.screenshot(), FOLDER / f"{name}-{width}-{scheme}.png")
            context.close()
        browser.close()


def sign_in(tab: Page, address: str, email: str, password: str) -> None:
    """Sign in by the form."""
    tab.goto(address.rstrip("/") + "/login")
    tab.fill("[name=email]", email)
    tab.fill("[name=password]", password)
    tab.click("button[type=submit]")
    tab.wait_for_selector("#ap-menu")


def save(shot: bytes, path: Path) -> None:
    """Write a screenshot with few colours: a tenth of the bytes, and nobody sees it."""
    picture = (
        Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.save(path, optimize=True)


if __name__ == "__main__":
    main()
