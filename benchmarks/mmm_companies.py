"""Simulated companies whose truth is known, and not always what the media mix model supposes.

156 weeks and 8 channels unless said otherwise. Where a channel chases unseen demand, channels 0 and
1 do: their budget rises by half (e^0.5) with each standard deviation of demand that the model
cannot see. Tests, where there are any, are unbiased, their standard error 15 % of the effect plus
0.2 % of a quarter's outcome.
"""

from dataclasses import dataclass, replace

import numpy as np

from apportion.mmm import priors
from apportion.mmm.adstock import LAGS
from apportion.mmm.data import MediaMixData
from apportion.mmm.delay import late_channels
from apportion.mmm.lifts import Lift
from apportion.results.mmm_settings import BudgetSetting, ChannelSettings

CHASING = (0, 1)


@dataclass(frozen=True)
class Scenario:
    """How a company's truth differs from the model."""

    prior: bool = True
    """Media parameters from the model's own prior; else S-shapes and longer carry-over."""
    together: float = 0.3
    """Share of the spend's movement that is common to all channels."""
    chase: str = ""
    """Unseen demand that channels 0 and 1 follow: "fast" within the week, "slow" a week late."""
    demand: float = 0.04
    """Revenue that one standard deviation of unseen demand moves, as a share."""
    tests: tuple[int, ...] = ()
    delayed: bool = False
    """The effect peaks two weeks after the spend."""
    broken: bool = False
    """The baseline falls or rises by 10 to 20 % in one week, and stays there."""


SCENARIOS = {
    "truth from the prior": Scenario(),
    "S-shapes, longer carry-over": Scenario(prior=False),
    "spend moves together": Scenario(together=0.97),
    "chasing 4 %": Scenario(chase="fast"),
    "chasing 4 %, those two tested": Scenario(chase="fast", tests=CHASING),
    "chasing 4 %, all tested": Scenario(chase="fast", tests=tuple(range(8))),
    "chasing 8 %": Scenario(chase="fast", demand=0.08),
    "chasing 8 %, those two tested": Scenario(chase="fast", demand=0.08, tests=CHASING),
    "slow demand 6 %, a week late": Scenario(chase="slow", demand=0.06),
    "delayed effect": Scenario(delayed=True),
    "break in the trend": Scenario(broken=True),
    "truth from the prior, all tested": Scenario(tests=tuple(range(8))),
}


@dataclass(frozen=True, eq=False)
class Simulated:
    """What a model may see (all weeks, also those to forecast), and what caused it."""

    data: MediaMixData
    contribution: np.ndarray
    """(n_weeks, n_channels)."""

    @property
    def roi(self) -> np.ndarray:
        """Contribution over spend, (n_channels,)."""
        return self.contribution.sum(0) / self.data.spend.sum(0)


def simulate(seed: int, scenario: Scenario, *, weeks: int = 156, channels: int = 8) -> Simulated:
    """Give the company of a seed; the same seed gives the same spend and baseline everywhere."""
    rng = np.random.default_rng(seed)
    unseen = np.random.default_rng(90_000 + seed)
    week = np.arange(weeks)
    spend, season = _spend(rng, weeks, channels, scenario.together)
    truth = _truth(rng, channels, scenario.prior)
    half = spend.mean(0) * truth["half"]

    def effect(flight: np.ndarray) -> np.ndarray:
        carried = _carried(flight, truth["alpha"], delayed=scenario.delayed)
        return 1 / (1 + (half / np.maximum(carried, 1e-12)) ** truth["slope"])

    beta = truth["roi"] * spend.sum(0) / effect(spend).sum(0)
    media = (beta * effect(spend)).sum(1)
    controls = np.column_stack([rng.normal(size=weeks), (rng.random(weeks) < 0.06).astype(float)])
    bends = 0.06 * np.sin(2 * np.pi * week / 110 + rng.uniform(0, 6))
    base = 1 + 0.2 * week / weeks + bends + 0.12 * season + controls @ np.array([0.03, 0.12])
    if scenario.broken:
        base *= 1 + unseen.choice([-1, 1]) * unseen.uniform(0.1, 0.2) * (
            week >= unseen.integers(weeks // 4, 3 * weeks // 4)
        )
    base *= media.sum() * (1 / 0.3 - 1) / base.sum()
    typical = (base + media).mean()
    noise = 0.04 * typical * rng.normal(size=weeks)
    demand = np.zeros(weeks)
    if scenario.chase:
        demand, factor = _demand(unseen, weeks, scenario.chase)
        chased = spend[:, CHASING] * factor[:, None]
        spend = spend.copy()
        spend[:, CHASING] = chased * spend[:, CHASING].mean(0) / chased.mean(0)
    contribution = beta * effect(spend)
    outcome = base + noise + scenario.demand * typical * demand + contribution.sum(1)
    data = MediaMixData(
        weeks=np.datetime64("2023-01-02") + 7 * week.astype("timedelta64[D]"),
        channels=tuple(f"channel {row}" for row in range(channels)),
        control_names=("price", "promotion"),
        spend=spend,
        outcome=outcome,
        controls=controls,
    )
    lifts = _tests(np.random.default_rng(seed), data, lambda flight: beta * effect(flight))
    tested = tuple(lift for lift in lifts if lift.channel in scenario.tests)
    return Simulated(replace(data, lifts=tested), contribution)


def labelled(data: MediaMixData, how: str) -> MediaMixData:
    """Give the data with an answer to "how is this channel's budget set?" for every channel.

    "none": no allowance; "labelled": channels 0 and 1 follow demand, the others are set in advance;
    "unsure": not sure for all; "advised": the same, and what the delay test names is said to come
    late; "late": all channels are.
    """
    settings = {
        "labelled": [
            BudgetSetting.FOLLOWS_DEMAND if row in CHASING else BudgetSetting.IN_ADVANCE
            for row in range(len(data.channels))
        ],
        "unsure": [BudgetSetting.NOT_SURE] * len(data.channels),
    }
    if how == "late":
        data = labelled(data, "unsure")
        late = tuple(replace(prior, peak=priors.LATE_PEAK) for prior in data.channel_priors)
        return replace(data, priors=late)
    if how == "advised":
        data = labelled(data, "unsure")
        for _ in data.channels:  # trained again until nothing more is named, as a reader would
            named = late_channels(data)
            data = replace(
                data,
                priors=tuple(
                    replace(prior, peak=priors.LATE_PEAK) if name in named else prior
                    for name, prior in zip(data.channels, data.channel_priors, strict=True)
                ),
            )
        return data
    if how == "none":
        bare = priors.ChannelPrior(allowance_mean=0.0, allowance_sd=1e-9)
        return replace(data, priors=(bare,) * len(data.channels))
    return replace(
        data,
        priors=tuple(
            priors.of_channel(ChannelSettings(budget_setting=setting)) for setting in settings[how]
        ),
    )


def _spend(rng, weeks, channels, together):
    week = np.arange(weeks)
    season = 0.6 * np.sin(2 * np.pi * (week - 8) / 52) + 0.2 * np.cos(4 * np.pi * week / 52)

    def slow():
        return np.convolve(rng.normal(size=weeks + 3), np.ones(4) / 2, "valid")

    shared, spend = slow(), np.zeros((weeks, channels))
    for row in range(channels):
        moves = np.sqrt(together) * shared + np.sqrt(1 - together) * slow()
        spend[:, row] = np.exp(0.45 * moves + 0.3 * rng.uniform(0, 1) * season)
        if row % 3 == 2:
            spend[:, row] *= np.convolve(moves, np.ones(3) / 3, "same") > rng.uniform(-0.3, 0.5)
    return spend / spend.mean(0) * rng.lognormal(np.log(10_000), 0.7, channels), season


def _truth(rng, channels, prior):
    if prior:
        return {
            "alpha": rng.beta(*priors.ALPHA_BETA, channels),
            "half": rng.lognormal(
                priors.HALF_SATURATION_LOG_MEAN, priors.HALF_SATURATION_LOG_SD, channels
            ),
            "slope": 1 + np.abs(rng.normal(0, priors.SLOPE_EXCESS_SD, channels)),
            "roi": np.exp(rng.normal(priors.ROI_LOG_MEAN, priors.ROI_LOG_SD, channels)),
        }
    return {
        "alpha": rng.beta(2, 3, channels),
        "half": rng.lognormal(0.2, 0.5, channels),
        "slope": rng.uniform(1, 2.5, channels),
        "roi": rng.lognormal(0.5, 0.7, channels),
    }


def _carried(flight, alpha, *, delayed):
    lags = np.arange(LAGS)
    shares = alpha[:, None] ** ((lags - 2) ** 2 if delayed else lags)
    shares /= shares.sum(1, keepdims=True)
    return np.column_stack(
        [np.convolve(flight[:, row], shares[row])[: len(flight)] for row in range(len(alpha))]
    )


def _demand(rng, weeks, chase):
    """Give demand (sd 1) and the factor on the budget that follows it."""
    if chase == "fast":
        demand = np.convolve(rng.normal(size=weeks + 3), np.ones(4) / 2, "valid")
        return demand, np.exp(0.5 * demand)
    noise, demand = rng.normal(size=weeks + 60), np.zeros(weeks + 60)
    for at in range(1, weeks + 60):
        demand[at] = 0.9 * demand[at - 1] + np.sqrt(1 - 0.81) * noise[at]
    return demand[60:], np.maximum(0.1, 1 + 0.5 * demand[59:-1])


def _tests(rng, data, caused):
    """Give a test of eight dark weeks per channel, in weeks of somewhat more than usual spend."""
    out, spend = [], data.spend
    for row in range(len(data.channels)):
        luck = rng.normal()
        running = np.convolve(spend[:, row], np.ones(8), "valid")[20 : data.n_weeks - 16]
        start = 20 + int(np.argmin(np.abs(running - np.quantile(running, 0.6))))
        dark = spend.copy()
        dark[start : start + 8, row] = 0
        counted = np.zeros(data.n_weeks)
        counted[start : start + 8] = 1
        effect = float((counted[:, None] * (caused(spend) - caused(dark))).sum())
        error = 0.15 * effect + 0.002 * data.outcome.mean() * 13
        out.append(
            Lift(
                test_id=f"test {row}",
                channel=row,
                more=spend[:, row],
                less=dark[:, row],
                counted=counted,
                estimate=effect + error * luck,
                standard_error=error,
            )
        )
    return out
