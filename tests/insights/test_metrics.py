"""Series from a tenant's data: sums and ratios of the right columns, and nothing from nothing."""

import numpy as np
import pandas as pd
import pytest

from apportion.frames import OUTCOMES, SPEND, conform
from apportion.insights.metrics import Sources, series_of

DAYS = np.arange(np.datetime64("2026-01-01"), np.datetime64("2026-01-31"), np.timedelta64(1, "D"))
NOBODY = pd.DataFrame({"date": pd.to_datetime([]), "orders": [], "new_orders": []})
NOTHING = pd.DataFrame({"date": pd.to_datetime([]), "device": [], "touchpoints": []})


def outcomes(**metrics: float) -> pd.DataFrame:
    rows = [
        {"date": day, "metric": name, "value": value, "region": region}
        for day in DAYS
        for name, value in metrics.items()
        for region in ("north", "south")
    ]
    return conform(pd.DataFrame(rows), OUTCOMES)


def spend() -> pd.DataFrame:
    rows = [
        {"date": day, "channel": name, "spend": cost, "impressions": 1000, "clicks": 20}
        for day in DAYS
        for name, cost in (("meta", 10.0), ("google", 30.0))
    ]
    return conform(pd.DataFrame(rows), SPEND)


def test_totals_are_sums_of_regions_and_ratios_are_of_sums():
    found = {
        s.key: s
        for s in series_of(
            Sources(spend(), outcomes(revenue=100, orders=4, sessions=50), NOBODY, NOTHING), DAYS
        )
    }

    first = {key: float(series.daily[0]) for key, series in found.items()}
    assert first["revenue|total|"] == 200
    assert first["revenue|region|north"] == 100
    assert first["average_order_value|total|"] == 25
    assert first["conversion_rate|total|"] == pytest.approx(0.08)
    assert first["spend|total|"] == 40
    assert first["roas|total|"] == 5
    assert first["cpa|total|"] == 5
    assert first["cpm|channel|google"] == 30
    assert first["ctr|channel|meta"] == pytest.approx(0.02)


def test_a_day_without_any_record_is_unknown_and_a_silent_channel_spent_nothing():
    paid = spend()
    paid = paid[~((paid["channel"] == "meta") & (paid["date"] == pd.Timestamp(DAYS[5])))]
    paid = paid[paid["date"] != pd.Timestamp(DAYS[9])]

    found = {s.key: s for s in series_of(Sources(paid, outcomes(revenue=1), NOBODY, NOTHING), DAYS)}

    assert found["spend|channel|meta"].daily[5] == 0
    assert np.isnan(found["spend|channel|meta"].daily[9])
    assert np.isnan(found["spend|total|"].daily[9])


def test_what_is_rarely_there_is_not_watched():
    rare = spend()
    rare = rare[(rare["channel"] == "google") | (rare["date"] < pd.Timestamp(DAYS[10]))]

    keys = {s.key for s in series_of(Sources(rare, outcomes(revenue=1), NOBODY, NOTHING), DAYS)}

    assert "spend|channel|google" in keys
    assert "spend|channel|meta" not in keys


def test_money_of_a_unit_follows_the_funnel():
    found = {
        s.key: s
        for s in series_of(
            Sources(spend(), outcomes(revenue=100, orders=4, sessions=50), NOBODY, NOTHING), DAYS
        )
    }

    assert found["orders|total|"].worth[0] == pytest.approx(25)
    assert found["sessions|total|"].worth[0] == pytest.approx(2)
    assert found["conversion_rate|total|"].worth[0] == pytest.approx(2500)
    assert found["cpa|total|"].worth[0] == pytest.approx(-8)
