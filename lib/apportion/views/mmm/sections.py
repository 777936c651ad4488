"""The page's markup: head, fit figures, channel table, cautions, where the version comes from."""

import re
from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.base import Interval
from apportion.results.mmm import Check, CheckLevel, HowSure, MMMResults, ModelFit, ModelStatus
from apportion.views import theme
from apportion.views.mmm import findings
from apportion.views.mmm.reading import Reading, is_by_day
from apportion.views.parts import cards
from apportion.views.parts.icons import icon
from apportion.views.parts.intervals import Track, interval_bar, nice_ceiling

MOSTLY_PRIOR = "mostly_prior"
"""Code of the check that names channels about which the data say little."""


def head(reading: Reading) -> Markup:
    """Give the answer, how sure it is, which weeks and which version it rests on."""
    text, sure = findings.answer(reading)
    return cards.head(text, [cards.how_sure(sure), *_facts(reading)])


def newer_version(newest: MMMResults, shown: MMMResults) -> Markup:
    """Say what became of a later version than the one shown; nothing if there is none."""
    if newest.version <= shown.version:
        return Markup()
    stays = f"This page shows version {shown.version}, which stays until a new one has passed."
    if newest.status is ModelStatus.FAILED:
        heading = f"Version {newest.version} was not accepted"
        return cards.note("warn", heading, f"{newest.reason or 'The training failed.'} {stays}")
    if newest.status is ModelStatus.RUNNING:
        return cards.note("info", f"Version {newest.version} is training", stays)
    if newest.held_back:
        return cards.note("warn", f"Version {newest.version} is held back", newest.held_back)
    if newest.status is ModelStatus.COMPLETED:
        went_back = (
            f"An analyst went back to version {shown.version}; the next one to pass follows."
        )
        return cards.note("info", f"There is a version {newest.version}", went_back)
    return Markup()


def figures(reading: Reading) -> Markup:
    """Give the tiles: what ads bring in all, and how well the model follows the outcome."""
    results = reading.results
    tiles = []
    if results.media_percent is not None and results.media_percent_interval is not None:
        interval = results.media_percent_interval
        window = results.estimate_window
        weeks = theme.count(((window.end - window.start).days + 1) // 7, "week") if window else ""
        text = f"{theme.span(interval, theme.percent)} of all {reading.noun}"
        tiles.append(
            cards.figure_tile(
                f"{reading.noun.capitalize()} from ads",
                theme.percent(results.media_percent),
                [f"{text}, last {weeks}" if weeks else text],
                interval_bar(results.media_percent, interval, Track(0, 100), label=text),
            )
        )
    if results.model_fit is not None:
        tiles += _fit_tiles(results.model_fit)
    return cards.figure_tiles(tiles)


def cautions(reading: Reading) -> Markup:
    """Give what to keep in mind: the checks that did not pass, and what no check can see."""
    results = reading.results
    notes = [
        cards.note("bad" if check.level is CheckLevel.REFUSE else "warn", *_words(reading, check))
        for check in results.checks
    ]
    if not results.checks:
        notes.append(cards.note("good", "All checks passed", _passed(results.model_fit)))
    said = {
        name for check in results.checks if check.code == MOSTLY_PRIOR for name in check.channels
    }
    unknown = [
        effect
        for effect in reading.channels
        if effect.how_sure is HowSure.CANNOT_TELL and effect.channel not in said
    ]
    if unknown:
        notes.append(
            cards.note(
                "",
                f"{reading.names(unknown, most=6)}: test before you move money",
                "The data leave the return of what is hatched open: its interval is too wide to "
                "act on. A holdout test would tell.",
            )
        )
    notes.append(
        cards.note(
            "",
            "No check sees spend that follows demand",
            "Where a budget is raised because people are buying anyway, as with search or "
            "retargeting, a channel looks better than it is. Only a test shows it.",
        )
    )
    return cards.card(
        cards.title("What to keep in mind"),
        Markup('<div class="ap-notes">{}</div>').format(cards.joined(notes)),
    )


def origin(reading: Reading) -> Markup:
    """Give where the version comes from: enough to judge the sampling and to make it again."""
    results = reading.results
    facts: list[tuple[str, str]] = []
    if results.model_fit is not None:
        days = "days; what you read is by week"
        facts += [
            ("Fitted to", days if is_by_day(results.model_fit) else "weeks"),
            ("Residuals in a row (Durbin-Watson)", _figure(results.model_fit)),
        ]
    if (found := results.diagnostics) is not None:
        facts += [
            ("Agreement of the chains (R-hat)", f"{found.r_hat:.3f}"),
            (
                "Effective samples (bulk, tail)",
                f"{found.ess_bulk:,.0f}, {found.ess_tail:,.0f}",
            ),
            ("Divergences", f"{found.divergences:,}"),
            ("Draws", f"{found.chains} chains of {found.draws:,}, after {found.tune:,} to tune"),
        ]
    if (made := results.provenance) is not None:
        facts += [
            ("Seed", str(made.seed)),
            (
                "Time taken",
                f"{theme.duration(made.wall_seconds)}, "
                f"{theme.duration(made.sampling_seconds)} of it sampling",
            ),
            ("Data (SHA-256)", made.data_hash[:12]),
            (
                "Made with",
                ", ".join(f"{name} {text}" for name, text in made.library_versions.items()),
            ),
        ]
    return cards.card(
        cards.title("How this version was made", "Enough to judge the sampling and to repeat it."),
        cards.facts_list(facts),
    )


def _facts(reading: Reading) -> list[Markup]:
    results = reading.results
    facts = []
    if (dates := results.date_range) is not None:
        weeks = theme.count(((dates.end - dates.start).days + 1) // 7, "week")
        by_day = is_by_day(results.model_fit)
        told = f"{weeks} to {theme.day(dates.end)}{', fitted by day' if by_day else ''}"
        facts.append(_fact("calendar", told))
    if results.last_run_at is not None:
        when = theme.moment(results.last_run_at, reading.timezone)
        facts.append(_fact("clock", f"Version {results.version}, trained {when}"))
    facts.append(cards.status_chip(results.status))
    if results.checks:
        facts.append(cards.chip(theme.count(len(results.checks), "caution"), "warn"))
    return facts


def _fact(glyph: str, text: str) -> Markup:
    return Markup("{}{}").format(icon(glyph), text)


def _fit_tiles(fit: ModelFit) -> Sequence[Markup]:
    bayesian = f"{theme.span(fit.bayesian_r2_interval, theme.score)}, with 90%"
    return (
        cards.figure_tile(
            "Fit, R²",
            theme.score(fit.r2),
            [f"{theme.share(fit.coverage90)} of weeks inside 90%"],
            cards.progress_bar(fit.r2),
        ),
        cards.figure_tile("Average miss, MAPE", theme.share(fit.mape), *_miss(fit)),
        cards.figure_tile(
            "Bayesian R²",
            theme.score(fit.bayesian_r2),
            [bayesian],
            interval_bar(
                fit.bayesian_r2,
                fit.bayesian_r2_interval,
                Track(min(0.0, fit.bayesian_r2_interval.lower), 1),
                label=bayesian,
            ),
        ),
    )


def _miss(fit: ModelFit) -> tuple[list[str], Markup]:
    """Put the average miss beside that of weeks not seen and of last year's same weeks."""
    weighted = [] if fit.weighted_mape is None else [f"weighted: {theme.share(fit.weighted_mape)}"]
    if fit.holdout_mape is None:
        return [*weighted, "too few weeks to hold some out"], Markup()
    lines = [*weighted, f"unseen weeks: {theme.share(fit.holdout_mape)}"]
    if fit.last_year_mape is not None:
        lines.append(f"last year's (dashed): {theme.share(fit.last_year_mape)}")
    most = nice_ceiling(max(fit.mape, fit.last_year_mape or 0.0))
    bar = interval_bar(
        fit.mape,
        Interval(lower=fit.mape, upper=fit.mape),
        Track(0, most, fit.last_year_mape),
        label=f"{theme.share(fit.mape)}; {'; '.join(lines)}",
    )
    return lines, bar


def _passed(fit: ModelFit | None) -> str:
    text = "The chains agree, and the intervals fit the spread of the weeks."
    if fit is None or fit.holdout_mape is None or fit.last_year_mape is None:
        return text
    return (
        f"{text} In weeks that it had not seen, the model missed by {theme.share(fit.holdout_mape)}"
        f"; last year's same weeks would have missed by {theme.share(fit.last_year_mape)}."
    )


def _figure(fit: ModelFit) -> str:
    return f"{theme.score(fit.durbin_watson)}; 2 is none"


def _words(reading: Reading, check: Check) -> tuple[str, str]:
    """Give a check's first sentence as heading and the rest, with channels by their names."""
    message = check.message
    for channel in check.channels:
        if channel in reading.looks:
            pieces = re.split(rf"(?<!\w){re.escape(channel)}(?!\w)", message)
            message = reading.looks[channel].name.join(pieces)
    first, stop, rest = message.partition(". ")
    return (first + stop.strip() if rest else message), rest
