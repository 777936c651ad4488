"""The pages there are: navigation, routes and the home page's cards all follow this list."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Page:
    """A place to go to; with a notebook it is rendered by Voilà for each visit."""

    name: str
    """Of the notebook (without its ending) and of the icon."""
    title: str
    path: str
    question: str
    asks_claude: bool = False
    """Its kernel gets the key for Claude, if it is for somebody who may spend the budget."""

    @property
    def notebook(self) -> str:
        """The notebook's file name."""
        return f"{self.name}.ipynb"


HOME = Page("home", "Home", "/", "What do the data say today?")

DATA = Page("data", "Data", "/data", "What is loaded, and what is missing?")
SETTINGS = Page("settings", "Settings", "/settings", "Who may see and do what?")
RUNS = Page("runs", "Runs", "/runs", "What ran, what runs, and what failed?")
PASSWORD = Page("password", "Password", "/password", "Change your password")

APPS = (
    Page(
        "journeys",
        "Journeys",
        "/admin/attribution/journeys",
        "Which touchpoints lead people to buy, and how long do they take?",
    ),
    Page(
        "mmm",
        "Media mix",
        "/admin/attribution/mmm",
        "What does each channel earn, and where should the next euro go?",
    ),
    Page(
        "incrementality",
        "Incrementality",
        "/admin/attribution/incrementality",
        "Did the ads cause sales that would not have happened anyway?",
    ),
    Page(
        "ai_insights",
        "AI insights",
        "/admin/attribution/ai-insights",
        "What changed, why it matters, and what should we do about it?",
        asks_claude=True,
    ),
)
"""The apps that work, in the order of the navigation. A new one joins here, with its notebook."""


def existing(apps: Iterable[Page], notebooks: Path) -> tuple[Page, ...]:
    """Give the apps whose notebook is there: nothing else is linked or routed."""
    return tuple(app for app in apps if (notebooks / app.notebook).is_file())
