"""The dialog of a new experiment, as markup."""

from collections.abc import Sequence

from markupsafe import Markup

from apportion.results.incrementality import Platform
from apportion.views.channels import channel_look
from apportion.views.incrementality import maps
from apportion.views.incrementality.detail import notes
from apportion.views.incrementality.finder import finder
from apportion.views.incrementality.form import CONTROL, OUT, TEST, Form, of_role
from apportion.views.incrementality.power_curve import power_curve, summary
from apportion.views.parts import cards
from apportion.views.parts.fields import select
from apportion.views.parts.icons import icon

_ROLES = {TEST: "test region", CONTROL: "control region", OUT: "takes no part"}


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
            select(
                "direction",
                "What changes",
                {"on": "Ads on in the test regions", "off": "Ads off in the control regions"},
                texts["direction"],
            ),
            select(
                "metric",
                "Metric of the verdict",
                _same(form.choices.metrics, "revenue"),
                texts["metric"],
            ),
            select(
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
            finder(form),
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
    counts = {role: len(of_role(form.entered, role)) for role in (TEST, CONTROL, OUT)}
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


def _same(names: Sequence[str], otherwise: str = "") -> dict[str, str]:
    found = {name: name.replace("_", " ").capitalize() for name in names}
    return found or ({otherwise: otherwise.capitalize()} if otherwise else {})
