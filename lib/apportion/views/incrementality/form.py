"""What is entered of a new experiment, and the dialog that shows it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from markupsafe import Markup

from apportion.errors import FieldError
from apportion.results.calibration import Direction
from apportion.results.incrementality import (
    DesignSearch,
    DrawnDesign,
    ExperimentCheck,
    IncrementalityExperiment,
    NewExperiment,
    Platform,
    PowerCheck,
    RankedSet,
)
from apportion.views import theme
from apportion.views.channels import channel_look
from apportion.views.incrementality import maps
from apportion.views.incrementality.detail import notes
from apportion.views.incrementality.power_curve import power_curve, summary
from apportion.views.parts import cards
from apportion.views.parts.icons import icon

TEST, CONTROL, OUT = "test", "control", "out"
_NEXT = {CONTROL: TEST, TEST: OUT, OUT: CONTROL}
_ROLES = {TEST: "test region", CONTROL: "control region", OUT: "takes no part"}
DEFAULT_DAYS = 28
MOST_OPTIONS = 8
MOST_SETS = 5


@dataclass(frozen=True)
class Entered:
    """What the dialog holds; texts as they were typed."""

    texts: Mapping[str, str]
    roles: Mapping[str, str]
    """Region to test, control or out."""
    draft_id: str = ""
    """The draft that is being changed; empty: a new one."""
    design: DrawnDesign | None = None


@dataclass(frozen=True)
class Assessment:
    """What is known of what was entered."""

    power: PowerCheck | None = None
    checks: tuple[ExperimentCheck, ...] = ()
    error: FieldError | None = None
    message: str = ""


@dataclass(frozen=True)
class Choices:
    """What can be chosen from."""

    regions: tuple[str, ...]
    metrics: tuple[str, ...]
    channels: tuple[str, ...]
    search: DesignSearch | None = None
    sets: tuple[RankedSet, ...] = ()
    """Of the option that was looked at."""
    ranked: int = 0
    """Which option that is."""
    progress: str = ""


@dataclass(frozen=True)
class Form:
    """The dialog."""

    entered: Entered
    choices: Choices
    assessment: Assessment = field(default_factory=Assessment)
    currency: str = ""


def blank(regions: Sequence[str], start: dt.date, baseline: int) -> Entered:
    """Give a new experiment with every region as control."""
    end = start + dt.timedelta(days=DEFAULT_DAYS - 1)
    texts = {
        "name": "",
        "platform": "meta",
        "direction": "on",
        "metric": "revenue",
        "channel": "",
        "start": start.isoformat(),
        "end": end.isoformat(),
        "baseline": str(baseline),
        "budget": "",
        "effect": "5",
        "margin": "100",
        "looks": "false",
        "forced": "",
        "excluded": "",
    }
    return Entered(texts, dict.fromkeys(regions, CONTROL))


def of_draft(draft: IncrementalityExperiment, regions: Sequence[str]) -> Entered:
    """Give a draft as it was entered."""
    roles = dict.fromkeys((*regions, *draft.test_regions, *draft.control_regions), OUT)
    roles |= dict.fromkeys(draft.test_regions, TEST)
    roles |= dict.fromkeys(draft.control_regions, CONTROL)
    texts = {
        "name": draft.name,
        "platform": str(draft.platform),
        "direction": str(draft.direction),
        "metric": draft.metric,
        "channel": draft.channel,
        "start": draft.start_date.isoformat(),
        "end": draft.end_date.isoformat(),
        "baseline": str(draft.pre_test_days),
        "budget": "" if draft.budget_estimate is None else f"{draft.budget_estimate:g}",
        "effect": f"{draft.minimum_effect_percent:g}",
        "margin": f"{100 * draft.margin:g}",
        "looks": str(draft.weekly_looks).lower(),
        "forced": "",
        "excluded": "",
    }
    return Entered(texts, roles, draft.id, draft.design)


def toggled(entered: Entered, region: str) -> Entered:
    """Give it with a region in its next role: control, test, no part."""
    roles = {**entered.roles, region: _NEXT[entered.roles.get(region, OUT)]}
    return replace(entered, roles=roles, design=None)


def with_design(entered: Entered, drawn: DrawnDesign) -> Entered:
    """Give it with the regions and the length of a drawn design."""
    changed = {drawn.regions[place] for place in drawn.pool[drawn.drawn]}
    return replace(_with_changed(entered, drawn.regions, changed, drawn.days), design=drawn)


def with_set(
    entered: Entered, regions: Sequence[str], changed: Sequence[str], days: int
) -> Entered:
    """Give it with a named set of changed regions."""
    return replace(_with_changed(entered, regions, set(changed), days), design=None)


def _with_changed(
    entered: Entered, regions: Sequence[str], changed: set[str], days: int
) -> Entered:
    is_on = entered.texts["direction"] == "on"
    own, others = (TEST, CONTROL) if is_on else (CONTROL, TEST)
    roles = dict.fromkeys(entered.roles, OUT)
    roles |= {region: own if region in changed else others for region in regions}
    end = _date(entered, "start") + dt.timedelta(days=days - 1)
    return replace(entered, roles=roles, texts={**entered.texts, "end": end.isoformat()})


def experiment_of(entered: Entered) -> NewExperiment:
    """Give what was entered as an experiment.

    Raises
    ------
    FieldError
        If a text is no date or number.
    """
    texts = entered.texts
    return NewExperiment(
        name=texts["name"] or "New experiment",
        platform=Platform(texts["platform"]),
        test_regions=_of_role(entered, TEST),
        control_regions=_of_role(entered, CONTROL),
        start_date=_date(entered, "start"),
        end_date=_date(entered, "end"),
        pre_test_days=round(_number(entered, "baseline")),
        budget_estimate=_number(entered, "budget") if texts["budget"].strip() else None,
        direction=Direction(texts["direction"]),
        metric=texts["metric"],
        channel=texts["channel"],
        minimum_effect_percent=_number(entered, "effect"),
        margin=_number(entered, "margin") / 100,
        weekly_looks=texts["looks"] == "true",
        design=entered.design,
    )


def named(text: str) -> list[str]:
    """Give the names in a comma-separated text."""
    return [name.strip() for name in text.split(",") if name.strip()]


_FIELDS = {
    "start_date": "start",
    "end_date": "end",
    "pre_test_days": "baseline",
    "budget_estimate": "budget",
    "minimum_effect_percent": "effect",
}


def dialog(form: Form) -> Markup:
    """Give the dialog."""
    texts = form.entered.texts
    title = "Change the draft" if form.entered.draft_id else "New experiment"
    is_on = texts["direction"] == "on"
    said = (
        "Ads are switched on, or raised, in the test regions; the control regions go on as before."
        if is_on
        else "Ads are paused in the control regions; the test regions go on as before."
    )
    body = cards.joined(
        [
            _text(form, "name", "Name", is_wide=True, is_first=True),
            _platforms(texts["platform"]),
            _select(
                "direction",
                "What changes",
                {"on": "Ads on in the test regions", "off": "Ads off in the control regions"},
                texts["direction"],
            ),
            _select(
                "metric",
                "Metric of the verdict",
                _same(form.choices.metrics, "revenue"),
                texts["metric"],
            ),
            _select(
                "channel",
                "Channel whose spend changes",
                {"": "As the platform", **_same(form.choices.channels)},
                texts["channel"],
            ),
            _text(form, "effect", "Smallest lift that matters, %", hint="It decides the power"),
            _text(form, "start", "Start", kind="date"),
            _text(form, "end", "End", kind="date"),
            _text(
                form,
                "baseline",
                "Baseline days before the test",
                hint="All history, up to 90 days, is best; 21 at least",
            ),
            _text(
                form,
                "budget",
                "Budget impact, estimate",
                hint="Spend added or withheld over the test",
            ),
            _text(form, "margin", "Margin on revenue, %", hint="Ads break even at 1 / margin"),
            _looks(texts["looks"]),
            _regions(form),
            _finder(form),
            _power(form),
        ]
    )
    return Markup(
        '<div class="ap-shade" data-act="close"></div><div class="ap-modal" role="dialog" '
        'aria-modal="true" aria-labelledby="ap-new"><header><div><h2 id="ap-new">{}</h2>'
        '<p data-k="said">{}</p></div><button class="ap-btn icon ghost" data-act="close" '
        'aria-label="Close">{}</button></header><div class="ap-form">{}</div><footer>'
        '<button class="ap-btn" data-act="close">Cancel</button>'
        '<button class="ap-btn primary" data-act="save">Save as draft</button></footer></div>'
    ).format(title, said, icon("close", size=22), body)


def _text(
    form: Form,
    name: str,
    label: str,
    *,
    kind: str = "text",
    hint: str = "",
    is_wide: bool = False,
    is_first: bool = False,
) -> Markup:
    error = form.assessment.error
    is_wrong = error is not None and _FIELDS.get(error.field[0], error.field[0]) == name
    said = (
        Markup('<span class="msg">{}Found {}; allowed: {}</span>').format(
            icon("warn", size=15), error.found, error.allowed
        )
        if is_wrong and error is not None
        else Markup('<span class="hint">{}</span>').format(hint)
    )
    return Markup(
        '<div class="ap-field{}{}"><label for="ap-f-{}">{}</label>'
        '<input id="ap-f-{}" name="{}" type="{}" value="{}" autocomplete="off" '
        'aria-describedby="ap-m-{}"{}><span id="ap-m-{}" data-k="{}">{}</span></div>'
    ).format(
        " wide" if is_wide else "",
        " err" if is_wrong else "",
        name,
        label,
        name,
        name,
        kind,
        form.entered.texts[name],
        name,
        Markup(" data-first") if is_first else "",
        name,
        name,
        said,
    )


def _select(name: str, label: str, options: Mapping[str, str], chosen: str) -> Markup:
    items = cards.joined(
        Markup('<option value="{}"{}>{}</option>').format(
            value, Markup(" selected") if value == chosen else "", text
        )
        for value, text in options.items()
    )
    return Markup(
        '<div class="ap-field"><label for="ap-f-{}">{}</label>'
        '<select id="ap-f-{}" name="{}">{}</select></div>'
    ).format(name, label, name, name, items)


def _platforms(chosen: str) -> Markup:
    radios = cards.joined(
        Markup('<label><input type="radio" name="platform" value="{}"{}>{}</label>').format(
            platform,
            Markup(" checked") if platform == chosen else "",
            cards.channel(channel_look(platform)),
        )
        for platform in Platform
    )
    return Markup(
        '<fieldset class="ap-field wide"><legend>Platform</legend>'
        '<div class="ap-radios">{}</div></fieldset>'
    ).format(radios)


def _looks(chosen: str) -> Markup:
    return Markup(
        '<div class="ap-field"><span class="lab">While it runs</span><label class="ap-check">'
        '<input type="checkbox" name="looks"{}>Look every week, and stop if the effect is beyond '
        "chance</label></div>"
    ).format(Markup(" checked") if chosen == "true" else "")


def _regions(form: Form) -> Markup:
    roles = form.entered.roles
    error = form.assessment.error
    names = {"test_regions", "control_regions", "design"}
    said = (
        Markup('<span class="msg">{}Found {}; allowed: {}</span>').format(
            icon("warn", size=15), error.found, error.allowed
        )
        if error is not None and error.field[0] in names
        else Markup()
    )
    labels = {region: f"{region}: {_ROLES[role]}" for region, role in roles.items()}
    found = maps.map_of(tuple(roles))
    drawn = maps.drawing(found, roles, labels, "region") if found is not None else Markup()
    chips = cards.joined(
        Markup(
            '<button type="button" class="ap-region {}" data-act="region" data-arg="{}" '
            'aria-label="{}">{}</button>'
        ).format(role, region, labels[region], region)
        for region, role in sorted(roles.items())
    )
    counts = {role: len(_of_role(form.entered, role)) for role in (TEST, CONTROL, OUT)}
    key = Markup(
        '<span><i class="ap-k test"></i>Test ({})</span><span><i class="ap-k control"></i>Control '
        '({})</span><span><i class="ap-k out"></i>No part ({})</span>'
    ).format(counts[TEST], counts[CONTROL], counts[OUT])
    return Markup(
        '<div class="ap-field wide"><span class="lab">Test and control regions</span>'
        '<div data-k="regions"><div class="ap-key">{}</div>{}<div class="ap-regions">{}</div>{}'
        '<span class="hint">Press a region to make it test, leave it out, or make it control. '
        "{}</span></div></div>"
    ).format(
        key,
        drawn,
        chips,
        said,
        f"Drawn at random, seed {form.entered.design.seed}." if form.entered.design else "",
    )


def _finder(form: Form) -> Markup:
    search = form.choices.search
    shown = Markup()
    if search is not None:
        rows = cards.joined(
            Markup(
                "<tr><td>{}</td><td class='n'>{}</td><td class='n'>{}</td><td class='n'>{}</td>"
                "<td class='n'>{}</td><td><button type='button' class='ap-btn' data-act='draw' "
                "data-arg='{}'>Draw</button> <button type='button' class='ap-btn ghost' "
                "data-act='sets' data-arg='{}'>Sets</button></td></tr>"
            ).format(
                f"{theme.count(each.size, 'region')}, {each.days} days",
                theme.share(each.power, 0),
                "–" if each.mde_percent is None else f"{each.mde_percent:.1f}%",
                f"{each.fit_percent:.1f}%",
                theme.money(each.spend_change, form.currency),
                number,
                number,
            )
            for number, each in enumerate(search.options[:MOST_OPTIONS])
        )
        shown = Markup(
            '<div class="ap-scroll" tabindex="0" role="region" aria-label="Designs">'
            '<table class="ap-table ap-designs"><caption>Power at '
            "{:g}%, the smallest lift found with 80%, fit, change in spend; {} in {:.1f} s"
            "</caption>"
            "<thead><tr><th>Design</th><th class='n'>Power</th><th class='n'>Finds</th>"
            "<th class='n'>Fit</th><th class='n'>Spend</th><th>Regions</th></tr></thead><tbody>{}"
            "</tbody></table></div>{}"
        ).format(
            search.minimum_effect_percent,
            theme.count(len(search.options), "design"),
            search.seconds,
            rows,
            _sets(form),
        )
    return Markup(
        '<div class="ap-field wide ap-finder"><span class="lab">Find me a design</span>'
        '<span class="hint">History is replayed for every number of regions and length. Draw lets '
        "chance choose among the sets that fit well: then the p-value is exact.</span>"
        '<div class="ap-pair"><label>Must change<input name="forced" value="{}" '
        'placeholder="none"></label><label>Must not change<input name="excluded" value="{}" '
        'placeholder="none"></label></div>'
        '<p><button type="button" class="ap-btn" data-act="find">{}Find designs</button> '
        '<span data-k="progress" role="status" class="small muted">{}</span></p>'
        '<div data-k="designs">{}</div></div>'
    ).format(
        form.entered.texts["forced"],
        form.entered.texts["excluded"],
        icon("flask"),
        form.choices.progress,
        shown,
    )


def _sets(form: Form) -> Markup:
    if not form.choices.sets:
        return Markup()
    rows = cards.joined(
        Markup(
            "<tr><td>{}</td><td class='n'>{}</td><td class='n'>{}</td><td class='n'>{:.1f}%</td>"
            "<td class='n'>{}</td><td><button type='button' class='ap-btn' data-act='use' "
            "data-arg='{}'>Use</button></td></tr>"
        ).format(
            ", ".join(each.regions),
            theme.share(each.power, 0),
            "–" if each.mde_percent is None else f"{each.mde_percent:.1f}%",
            each.fit_percent,
            theme.money(each.spend_change, form.currency),
            number,
        )
        for number, each in enumerate(form.choices.sets[:MOST_SETS])
    )
    return Markup(
        '<div class="ap-scroll" tabindex="0" role="region" aria-label="Sets of regions">'
        '<table class="ap-table ap-designs"><caption>The best of {}; a set '
        "that is chosen and not drawn has an approximate p-value</caption><thead><tr>"
        "<th>Regions that change</th><th class='n'>Power</th><th class='n'>Finds</th>"
        "<th class='n'>Fit</th><th class='n'>Spend</th><th>Choose</th></tr></thead>"
        "<tbody>{}</tbody></table></div>"
    ).format(theme.count(len(form.choices.sets), "set"), rows)


def _power(form: Form) -> Markup:
    found = form.assessment
    if found.message:
        inside = cards.note("bad", "This cannot be used yet", found.message)
    elif found.power is None:
        inside = cards.note("", "Power", "It is told when regions and dates are there.")
    else:
        tone: cards.Tone = "good" if found.power.is_sufficient else "warn"
        heading = (
            "This test would find the lift that matters"
            if found.power.is_sufficient
            else "This test would miss the lift that matters too often"
        )
        inside = cards.note(tone, heading, summary(found.power)) + power_curve(found.power)
    return Markup('<div class="wide" data-k="power" aria-live="polite">{}{}</div>').format(
        inside, notes(found.checks)
    )


def _of_role(entered: Entered, role: str) -> tuple[str, ...]:
    return tuple(sorted(region for region, own in entered.roles.items() if own == role))


def _same(names: Sequence[str], otherwise: str = "") -> dict[str, str]:
    found = {name: name.replace("_", " ").capitalize() for name in names}
    return found or ({otherwise: otherwise.capitalize()} if otherwise else {})


def _date(entered: Entered, name: str) -> dt.date:
    text = entered.texts[name]
    try:
        return dt.date.fromisoformat(text)
    except ValueError as error:
        raise FieldError(name, found=text or "nothing", allowed="a date") from error


def _number(entered: Entered, name: str) -> float:
    text = entered.texts[name].strip().replace(",", "").removesuffix("%")
    try:
        value = float(text)
    except ValueError as error:
        raise FieldError(name, found=text or "nothing", allowed="a number") from error
    if value != value or abs(value) > 1e12:
        raise FieldError(name, found=text, allowed="a number")
    return value
