"""The journeys page, without a browser: what it says, and that its parts follow what is chosen."""

import re
import subprocess
import sys
from uuid import UUID

import numpy as np
import pandas as pd
import pytest
import traitlets

from apportion.errors import ForbiddenError, NotFoundError
from apportion.journeys import snapshot
from apportion.journeys.analysis import CUSTOMERS, analyse_each
from apportion.journeys.detail import customer_journeys
from apportion.journeys.shares import JourneyWeights
from apportion.results.journeys import (
    AttributionModel,
    AttributionSettings,
    PathLength,
    TrueShare,
    TrueShares,
)
from apportion.results.tenants import Tenant
from apportion.views.journeys import JourneyBrowser, JourneysDashboard, credit_frame, paths_frame
from apportion.views.journeys.comparison import disagreement
from apportion.views.journeys.durations import duration, duration_in_words
from apportion.views.journeys.first import first_content
from apportion.views.journeys.listing import MOST_ICONS, journey_list
from apportion.views.journeys.reading import Reading
from apportion.views.journeys.sections import spread_of
from apportion.views.journeys.story import story
from apportion.views.parts.choice import Choice
from journeys.tables import NOON, conversions, days, random_world, records, touchpoints

TENANT = Tenant(
    id=UUID(int=1), slug="harbour", name="Harbour", currency="EUR", timezone="Europe/Berlin"
)
TOUCHED, BOUGHT = random_world(seed=3, size=300, orders=80, customers=40)
ITEMS = pd.DataFrame(
    {"order_id": ["o0"], "product": ["Lamp"], "quantity": [2], "unit_price": [9.5]}
)
HOSTILE = '<img src=x onerror="alert(1)">'


class FakeJourneys:
    """What a page asks of a workspace's journeys, from frames; it notes what was asked."""

    def __init__(self, results, touched=TOUCHED, bought=BOUGHT, *, truth=None, shows=True):
        self.results, self.touched, self.bought = results, touched, bought
        self.shows_addresses = shows
        self.may_change = shows
        self.asked = []
        self.runs = []
        self._truth = truth
        self._settings = AttributionSettings()

    def settings(self, window_days=None):
        window = window_days or self._settings.window_days
        return self._settings.model_copy(update={"window_days": window})

    def change_settings(self, settings):
        self._settings = settings

    def request_refresh(self):
        if self.runs:
            return None
        self.runs.append("a run")
        return self.runs[0]

    def recent(self, search="", customer=None, window_days=None, limit=50):
        self.asked.append((search, customer, window_days))
        frame = self.bought.sort_values("timestamp", ascending=False)
        if customer is not None:
            frame = frame[frame["is_new_customer"] == (customer == "new")]
        frame = frame[frame["order_id"].str.startswith(search)].head(limit)
        return tuple(self.journey(order_id, window_days) for order_id in frame["order_id"])

    def journey(self, order_id, window_days=None):
        if order_id not in set(self.bought["order_id"]):
            raise NotFoundError(f"There is no journey {order_id}.")
        everybody = self.results.get((30, None)) if self.results else None
        (found,) = customer_journeys(
            [order_id],
            conversions=records(self.bought),
            touchpoints=records(self.touched),
            order_items=records(ITEMS),
            settings=self.settings(window_days),
            weights=JourneyWeights(everybody.trained) if everybody else None,
        )
        return found

    def analysis(self, window_days=None, customer=None):
        try:
            return self.results[window_days or 30, customer]
        except KeyError as error:
            raise NotFoundError("No journeys have been analysed yet.") from error

    def is_stale(self, results):
        return results.version == 0 and self._settings != AttributionSettings()

    def truth(self):
        return self._truth


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Analyses of a small world, for two windows."""
    folder = tmp_path_factory.mktemp("tenant")
    snapshot.write(folder, [TOUCHED], [BOUGHT], fingerprint="as tested")
    with snapshot.read(folder) as opened:
        return {
            (window, one.paths.customer): one
            for window in (7, 30)
            for one in analyse_each(
                opened, AttributionSettings(window_days=window), customers=CUSTOMERS
            )
        }


@pytest.fixture
def journeys(results):
    return FakeJourneys(results)


@pytest.fixture
def dashboard(journeys):
    return JourneysDashboard(journeys, TENANT)


@pytest.fixture
def reading(results):
    return Reading(results[30, None], TENANT)


def text(dashboard):
    """Give everything that the page shows as markup."""
    shown, found = [dashboard.page], []
    while shown:
        widget = shown.pop()
        shown += getattr(widget, "children", ())
        found += [getattr(widget, name, "") for name in ("value", "rows")]
    return "\n".join(map(str, found))


def one_journey(*steps, **columns):
    """Give a journey of (channel, days before the order)."""
    rows = [
        (f"t{place}", "c", NOON - days(before), channel)
        for place, (channel, before) in enumerate(steps)
    ]
    (found,) = customer_journeys(
        ["o1"],
        conversions=records(conversions(("o1", "c", NOON, 100.0))),
        touchpoints=records(touchpoints(*rows, **columns)),
        order_items=[],
        settings=AttributionSettings(),
        weights=None,
    )
    return found


def test_page_shows_the_figures_of_the_analysis(dashboard, results):
    page, paths = text(dashboard), results[30, None].paths

    assert f"{paths.conversions} conversions" in page
    assert f"{paths.avg_touchpoints:.1f}" in page
    assert "Attribution is not causation" in page
    assert "10 of the 50 latest conversions" in page


def test_the_list_follows_search_and_filter(dashboard, journeys):
    browser = dashboard.browser

    browser.search = "o1"
    browser.customer = "new"

    assert journeys.asked[-1] == ("o1", "new", 30)
    listed = re.findall(r'<button type="button" class="ap-link" data-open="(\w+)"', browser.rows)
    assert listed
    assert all(order_id.startswith("o1") for order_id in listed)
    assert "Returning" not in browser.rows


def test_the_whole_page_follows_window_and_customers(dashboard, results):
    dashboard.browser.window_days = 7
    assert dashboard.results is results[7, None]
    assert "7 days before each" in dashboard.head.value

    dashboard.browser.customer = "returning"
    assert dashboard.results is results[7, "returning"]
    assert f"{results[7, 'returning'].paths.conversions} conversions" in dashboard.head.value


def test_all_fifty_are_shown_when_asked_for(dashboard):
    dashboard.browser.shows_all = True

    assert dashboard.browser.rows.count("<tr") == 51
    assert "data-more" not in dashboard.browser.rows


@pytest.mark.parametrize(
    ("search", "shows", "words"),
    [
        ("zzz", True, "No order matches “zzz”"),
        ("zzz", False, "only by writing it whole"),
        (HOSTILE, True, "&lt;img"),
    ],
)
def test_an_empty_list_says_why(results, search, shows, words):
    browser = JourneyBrowser(FakeJourneys(results, shows=shows), TENANT)

    browser.search = search

    assert words in browser.rows
    assert "<img" not in browser.rows


def test_a_filter_without_a_match_says_so(results):
    browser = JourneyBrowser(
        FakeJourneys(results, bought=BOUGHT.assign(is_new_customer=True)), TENANT
    )

    browser.customer = "returning"

    assert "No conversion of a returning customer" in browser.rows


def test_a_tenant_without_orders_is_told_how_to_import():
    journeys = FakeJourneys({}, bought=BOUGHT.head(0))

    page = text(JourneysDashboard(journeys, TENANT))

    assert "No conversions yet" in page
    assert "apportion import harbour conversions" in page


def test_without_an_analysis_the_list_is_there_and_the_way_is_told():
    page = text(JourneysDashboard(FakeJourneys({}), TENANT))

    assert "Nothing has been analysed yet" in page
    assert "apportion run journeys --tenant harbour" in page
    assert "ap-link" in page


def test_an_analysis_of_yesterday_is_marked(results):
    stale = Reading(results[30, None], TENANT, is_stale=True)
    content = first_content(stale, [], TENANT, 30)

    assert "Data or settings have changed since" in content
    assert "have changed" not in first_content(Reading(results[30, None], TENANT), [], TENANT, 30)


def test_choosing_a_journey_opens_it_and_choosing_none_closes_it(dashboard):
    browser = dashboard.browser

    browser.selected = "o0"
    assert browser.story["title"].startswith("Order o0 · €")
    assert browser.story["products"] == [["Lamp", "2 pieces", "€19.00"]]

    browser.selected = ""
    assert browser.story == {}


def test_an_order_that_is_gone_opens_nothing(dashboard):
    dashboard.browser.selected = "gone"

    assert dashboard.browser.story == {}


def test_an_open_journey_follows_the_window(dashboard):
    dashboard.browser.selected = "o0"
    dashboard.browser.window_days = 7

    assert ["Look back", "7 days"] in dashboard.browser.story["customer"]


def test_only_models_can_be_chosen(dashboard):
    with pytest.raises(ValueError, match="guess"):
        dashboard.browser.model = "guess"


def test_a_story_has_every_models_credit_in_words(journeys):
    told = story(journeys.journey("o0"), TENANT, AttributionSettings())

    assert {model["id"] for model in told["models"]} == set(map(str, AttributionModel))
    for model in told["models"]:
        shares = [touchpoint["credit"][model["id"]] for touchpoint in told["touchpoints"]]
        assert sum(shares) == pytest.approx(100)
        assert model["text"]
    assert "not causation" in told["note"]


def test_a_story_tells_times_in_the_tenants_zone_and_gaps_between_them():
    told = story(one_journey(("meta", 2.5), ("email", 0.125)), TENANT, AttributionSettings())

    assert [each["text"] for each in told["gaps"]] == ["2 d 9 h", "3 h"]
    assert [each["words"] for each in told["gaps"]] == ["2 days 9 hours later", "3 hours later"]
    assert told["order"]["time"] == "13:00"
    assert (told["touchpoints"][0]["day"], told["touchpoints"][0]["time"]) == (
        "Fri 27 Feb",
        "01:00",
    )
    assert ["Before the order", "2 days 12 hours"] in told["touchpoints"][0]["facts"]


def test_a_story_over_the_change_of_clocks_counts_hours_that_passed():
    spring = pd.Timestamp("2026-03-29T01:30Z").to_pydatetime()
    (journey,) = customer_journeys(
        ["o1"],
        conversions=records(conversions(("o1", "c", spring, 100.0))),
        touchpoints=records(touchpoints(("t1", "c", spring - days(1 / 24), "meta"))),
        order_items=[],
        settings=AttributionSettings(),
        weights=None,
    )

    told = story(journey, TENANT, AttributionSettings())

    assert told["gaps"][0]["text"] == "1 h"
    assert (told["touchpoints"][0]["time"], told["order"]["time"]) == ("01:30", "03:30")


def test_an_order_without_a_touchpoint_says_so():
    journey = one_journey()

    assert "no touchpoint recorded" in story(journey, TENANT, AttributionSettings())["summary"]
    assert "not recorded" in journey_list([journey], TENANT, 30)


@pytest.mark.parametrize(
    ("seconds", "short", "words"),
    [
        (0, "< 1 min", "less than a minute"),
        (29, "< 1 min", "less than a minute"),
        (60, "1 min", "1 minute"),
        (3540, "59 min", "59 minutes"),
        (3600, "1 h", "1 hour"),
        (86_400, "1 d", "1 day"),
        (187_200, "2 d 4 h", "2 days 4 hours"),
        (16 * 86_400, "16 d", "16 days"),
    ],
)
def test_durations_are_short_and_in_words(seconds, short, words):
    assert (duration(seconds), duration_in_words(seconds)) == (short, words)


def test_a_long_path_shows_its_ends_and_how_much_is_between():
    markup = journey_list([one_journey(*[("meta", 20 - k) for k in range(12)])], TENANT, 30)

    assert markup.count("ap-dot") == MOST_ICONS - 1
    assert f"{12 - MOST_ICONS + 1} more" in markup
    assert markup.count('<i class="ap-c-meta"') == 12


def test_hostile_names_stay_text(results):
    touched = TOUCHED.assign(channel=HOSTILE, campaign=HOSTILE)
    journeys = FakeJourneys(results, touched, BOUGHT.assign(email=HOSTILE))

    dashboard = JourneysDashboard(journeys, TENANT)
    dashboard.browser.selected = "o0"

    assert "<img" not in text(dashboard)
    assert "<img" not in "".join(each["icon"] for each in dashboard.browser.story["touchpoints"])


def test_collapsed_paths_have_no_repeats_and_the_others_may(dashboard, results):
    paths = results[30, None].paths
    collapsed = dashboard.paths.value

    dashboard.sequence.value = "as they are"

    assert dashboard.paths.value != collapsed
    assert f"{paths.common_paths[0].count:,}" in dashboard.paths.value
    assert f"{paths.collapsed_paths[0].count:,}" in collapsed
    assert all(
        one != following
        for path in paths.collapsed_paths
        for one, following in zip(path.path, path.path[1:], strict=False)
    )


def test_without_a_conversion_rate_the_page_says_why(dashboard):
    dashboard.browser.customer = "new"

    assert "No conversion rate" in dashboard.paths.value


@pytest.mark.parametrize("dimension", ["channel", "campaign", "device", "customer"])
@pytest.mark.parametrize("unit", ["conversions", "revenue"])
def test_the_table_is_that_of_the_chosen_dimension(dashboard, results, dimension, unit):
    dashboard.dimension.value, dashboard.unit.value = dimension, unit
    (found,) = [each for each in results[30, None].credit if each.dimension == dimension]

    body = dashboard.table.value.split("<tbody>")[1]

    assert body.count("<tr>") == min(len(found.rows), 15)
    assert ("€" in body) == (unit == "revenue")


def test_the_disagreement_is_the_largest_one(reading):
    rows = reading.table("channel").rows
    widest = max(rows, key=lambda row: np.ptp([credit.percent for credit in row.credits]))

    assert reading.name(widest.name) in disagreement(reading)


def test_the_picture_says_every_share_in_words(dashboard, reading):
    shares = re.findall(r'aria-label="(\w[\w ]*): ([^"]*)"', dashboard.picture.value)

    assert len(shares) == 7
    assert all(row.name.capitalize()[:4] in words for _, words in shares
               for row in reading.table("channel").rows[:1])  # fmt: skip


def test_what_follows_a_channel_adds_up_to_everything(dashboard):
    rows = re.findall(r'class="ap-stack".*?</span>', dashboard.flow.value)

    assert len(rows) == 1 + 4
    for row in rows:
        assert sum(map(float, re.findall(r"--p:([\d.]+)", row))) == pytest.approx(100, abs=0.1)


def test_truth_stands_beside_credit_only_where_it_is_known(results):
    truth = TrueShares(
        start="2026-03-01",
        end="2026-05-29",
        channels=(TrueShare(channel="meta", revenue=1.0, percent=3.0),),
        baseline_percent=80.0,
    )
    known = JourneysDashboard(FakeJourneys(results, truth=truth), TENANT)
    real = JourneysDashboard(FakeJourneys(results), TENANT)

    assert "it caused 3.0%" in known.truth.value
    assert "This company is simulated" in known.truth.value
    assert real.truth.value == ""


def test_lengths_beyond_the_last_bar_are_counted_in_it(dashboard, results):
    paths = results[30, None].paths.model_copy(
        update={
            "path_length_distribution": tuple(PathLength(length=n, count=n) for n in (2, 9, 40))
        }
    )

    dashboard.lengths.paths = paths

    assert max(dashboard.lengths.most.y) == 49
    assert sum(dashboard.lengths.others.y) == 2
    assert "9+ touchpoints are most common" in dashboard.lengths.heading.value


def test_half_of_the_conversions_lie_between_the_quartiles():
    lengths = [PathLength(length=length, count=1) for length in (1, 2, 3, 4)]

    assert spread_of(lengths) == (1, 3)


ENTERED = {
    "window_days": "14",
    "half_life_days": "3.5",
    "endpoint_share": "25",
    "markov_order": "2",
}


def act(form, name, **fields):
    """Do to the form what a browser reports, and give what it shows."""
    form._on_act(name, "", {**ENTERED, **fields})
    return form._markup.html


def test_an_analyst_sets_how_credit_is_shared_out(journeys, dashboard):
    shown = act(dashboard.sharing, "save")

    assert journeys.settings() == AttributionSettings(
        window_days=14, half_life_days=3.5, endpoint_share=0.25, markov_order=2
    )
    assert "Stored" in shown
    assert 'value="3.5"' in shown
    assert "Data or settings have changed since" in text(dashboard)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("half_life_days", "soon"),
        ("half_life_days", "0"),
        ("half_life_days", "nan"),
        ("endpoint_share", "51"),
        ("window_days", "8"),
        ("window_days", "inf"),
        ("markov_order", "3"),
    ],
)
def test_a_wrong_setting_is_refused_and_what_was_typed_stays(journeys, dashboard, name, found):
    shown = act(dashboard.sharing, "save", **{name: found})

    assert journeys.settings() == AttributionSettings()
    assert "Stored" not in shown
    if name in ("half_life_days", "endpoint_share"):
        assert f"Found “{found}”; allowed is" in shown
        assert (
            f'value="{found}" autocomplete="off" aria-describedby="ap-m-{name}" aria-inv' in shown
        )


def test_what_is_typed_into_settings_stays_text(dashboard):
    assert HOSTILE not in act(dashboard.sharing, "save", half_life_days=HOSTILE)


def test_an_analysis_is_asked_for_once(journeys, dashboard):
    first, second = (act(dashboard.sharing, "analyse") for _ in range(2))

    assert "An analysis is on its way" in first
    assert "No further analysis was asked for" in second
    assert len(journeys.runs) == 1


def test_a_refusal_to_store_is_told(journeys, dashboard, monkeypatch):
    def refuse(*_):
        raise ForbiddenError("Only analysts may.")

    monkeypatch.setattr(journeys, "change_settings", refuse)
    monkeypatch.setattr(journeys, "request_refresh", refuse)

    assert "Not stored" in act(dashboard.sharing, "save")
    assert "Not asked for" in act(dashboard.sharing, "analyse")


def test_viewers_are_offered_no_settings(results):
    assert JourneysDashboard(FakeJourneys(results, shows=False), TENANT).sharing is None


def test_a_story_before_the_first_analysis_says_what_is_missing(journeys):
    untrained, trained = (
        story(each.journey("o0"), TENANT, AttributionSettings())
        for each in (FakeJourneys({}), journeys)
    )

    assert [len(each["models"]) for each in (untrained, trained)] == [5, 7]
    assert "Markov and Shapley are not here yet" in untrained["note"]
    assert "Markov" not in trained["note"]


def test_a_choice_takes_only_what_there_is():
    with pytest.raises(traitlets.TraitError, match="no choice 'c'"):
        Choice("Which", [("a", "A"), ("b", "B")]).value = "c"


def test_the_first_content_is_what_the_widgets_draw(journeys, dashboard):
    reading = dashboard.reading
    first = first_content(reading, journeys.recent(), TENANT, 30)

    for part in (dashboard.head.value, dashboard.figures.value, dashboard.browser.rows):
        assert part in first


def test_frames_hold_the_figures_and_nobodys_address(results):
    frame, paths = credit_frame(results[30, None]), paths_frame(results[30, None])

    assert frame.loc[("customer", "", "new"), "linear"] == pytest.approx(
        results[30, "new"].paths.conversions
    )
    assert paths["conversions"].tolist() == [
        path.count for path in results[30, None].paths.common_paths
    ]
    assert "@" not in frame.to_string() + paths.to_string()
    assert credit_frame(None).empty
    assert paths_frame(None).empty


def test_the_page_loads_no_engine_and_no_database():
    program = (
        "import sys, apportion.views.journeys, apportion.journeys.detail;"
        "print({'ibis', 'duckdb', 'pymc', 'sqlalchemy'} & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "set()"
