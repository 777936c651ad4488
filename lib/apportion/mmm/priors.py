"""What the model believes before it has seen any data, in one place.

In plain words: a unit spent on a channel brings about 1.2 units of revenue, hardly below 0.28 or
above 5.4 (90 %); about a quarter of an effect stays from week to week; a week with average spend is
somewhat below half saturation; the curve is concave or slightly S-shaped; the noise is below 30 %
of a mean week. Seasonality, trend and controls each move a mean week by some 10 to 15 %.
"""

ROI_LOG_MEAN = 0.2
ROI_LOG_SD = 0.9
"""Normal prior of the log ROI over the training data."""

ALPHA_BETA = (1.0, 3.0)
"""Beta prior of the retention."""

HALF_SATURATION_LOG_MEAN = 0.2
HALF_SATURATION_LOG_SD = 0.7
"""LogNormal prior of the half-saturation point, in mean weeks of spend."""

SLOPE_EXCESS_SD = 0.3
"""HalfNormal prior of the Hill slope above 1."""

NOISE_SD = 0.15
"""HalfNormal prior of the residual standard deviation, in mean weeks of the outcome."""

LEVEL_SD = 1.0
TREND_SD = 0.5
BEND_SD = 0.15
SEASON_SD = 0.1
CONTROL_SD = 0.15
"""Normal priors of the baseline's coefficients, in mean weeks of the outcome: the level, the trend
over the whole range, each bend of it, each wave of the year, a control's standard deviation."""
