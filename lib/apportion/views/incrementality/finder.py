"""Designs to choose from in the dialog, as markup."""

from collections.abc import Iterable

from markupsafe import Markup

from apportion.results.experiment_design import DesignOption, DesignSearch, RankedSet
from apportion.views import theme
from apportion.views.incrementality.form import Form
from apportion.views.parts.icons import icon
from apportion.views.parts.tables import Cell, Column, table

MOST_OPTIONS = 8
MOST_SETS = 5


def finder(form: Form) -> Markup:
    """Give the fields and the button of the search, and what it found."""
    search = form.choices.search
    found = Markup() if search is None else _options(search, form.currency) + _sets(form)
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
        found,
    )


def _options(search: DesignSearch, currency: str) -> Markup:
    buttons = Markup(
        '<span class="ap-row"><button type="button" class="ap-btn" data-act="draw" data-arg="{}" '
        'aria-label="Draw {}">Draw</button><button type="button" class="ap-btn ghost" '
        'data-act="sets" data-arg="{}" aria-label="Sets of {}">Sets</button></span>'
    )
    rows = []
    for number, each in enumerate(search.options[:MOST_OPTIONS]):
        name = f"{theme.count(each.size, 'region')}, {each.days} days"
        button = buttons.format(number, name, number, name)
        rows.append(_row(name, each, currency, button))
    return _table(
        "Design",
        rows,
        f"Power at {search.minimum_effect_percent:g}%, the smallest lift found with 80%, daily "
        f"miss before the test, change in spend; the best of "
        f"{theme.count(len(search.options), 'design')}, in {search.seconds:.1f} s",
    )


def _sets(form: Form) -> Markup:
    if not form.choices.sets:
        return Markup()
    button = Markup(
        '<button type="button" class="ap-btn" data-act="use" data-arg="{}" '
        'aria-label="Use {}">Use</button>'
    )
    rows = []
    for number, each in enumerate(form.choices.sets[:MOST_SETS]):
        names = ", ".join(each.regions)
        use = button.format(number, names)
        rows.append(_row(names, each, form.currency, use))
    return _table(
        "Regions that change",
        rows,
        f"The best of {theme.count(len(form.choices.sets), 'set')}; a set that is chosen and not "
        "drawn has an approximate p-value",
    )


def _row(name: str, each: DesignOption | RankedSet, currency: str, button: Markup) -> list[Cell]:
    return [
        Cell(name, classes="strong"),
        Cell(theme.share(each.power, 0)),
        Cell("–" if each.mde_percent is None else f"{each.mde_percent:.1f}%"),
        Cell(f"{each.fit_percent:.1f}%"),
        Cell(theme.money(each.spend_change, currency)),
        Cell(button),
    ]


def _table(what: str, rows: Iterable[list[Cell]], caption: str) -> Markup:
    return Markup('<div class="ap-designs">{}</div>').format(
        table(
            [
                Column(what, what, "lead nolabel"),
                Column("Power", "Power", "n"),
                Column("Finds", "Finds", "n"),
                Column("Fit", "Fit", "n"),
                Column("Spend", "Spend", "n"),
                Column(Markup('<span class="ap-sr">Choose</span>'), "", "side nolabel"),
            ],
            rows,
            caption,
        )
    )
