"""How far the run is that finds and writes the insights again, and how it ended."""

from markupsafe import Markup

from apportion.results.runs import Run, RunStatus
from apportion.views.parts import cards

POLL_MILLISECONDS = 1000
"""After so long the browser asks for news, while the run goes on."""


def progress(run: Run) -> Markup:
    """Give the progress of a run, with a way to cancel it; or how it ended."""
    return Markup('<div class="ap-told">{}</div>').format(_told(run))


def _told(run: Run) -> Markup:
    match run.status:
        case RunStatus.COMPLETED:
            return cards.note("good", "Written again", "The page shows what was found.")
        case RunStatus.CANCELLED:
            return cards.note("info", "It was cancelled", "Nothing was stored; the page stays.")
        case RunStatus.FAILED:
            text = f"{run.message} What was written before stays."
            return cards.note("bad", "It was not written again", text)
    title = "Waiting for a worker" if run.status is RunStatus.QUEUED else "Writing again"
    percent = round(100 * run.progress)
    detail = f"{run.message}. " if run.message else ""
    return Markup(
        '<section class="ap-card ap-writing" data-poll="{0}" aria-label="Writing again">'
        '<div class="ap-row between"><p role="status"><b>{1}</b> {2}%</p>'
        '<button type="button" class="ap-btn" data-act="cancel">Cancel</button></div>'
        '<span class="ap-bar" role="progressbar" aria-label="Writing again" aria-valuemin="0" '
        'aria-valuemax="100" aria-valuenow="{2}" style="--p:{2}"><i></i></span>'
        '<p class="small muted">{3}You can leave this page: it goes on, and is here when you come '
        "back.</p></section>"
    ).format(POLL_MILLISECONDS, title, percent, detail)
