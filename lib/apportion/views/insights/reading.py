"""What every section of the insights page needs: the insights, and how their values are written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from apportion.results.insights import AIInsightsData, Anomaly, Verdict
from apportion.views import theme

Form = Callable[[float], str]
REASONS = {
    "no_key": "no key for Claude is set",
    "outage": "Claude could not be reached",
    "timeout": "Claude did not answer in time",
    "refusal": "Claude declined",
    "budget": "this month's tokens are used up",
    "grounding": "Claude's text did not match the facts",
    "": "nobody has asked for a written summary yet",
}
"""Why there is no text of Claude's, in words."""


@dataclass(frozen=True)
class Reading:
    """Insights as a page reads them.

    Parameters
    ----------
    insights : AIInsightsData
    timezone : str
    feedback : mapping of str to Verdict
        What was said of anomalies, by id.
    can_act : bool
        Whether who looks may write again and give feedback.
    is_writing : bool
        Whether a run writes these days again now.
    """

    insights: AIInsightsData
    timezone: str = "UTC"
    feedback: Mapping[str, Verdict] = field(default_factory=dict)
    can_act: bool = False
    is_writing: bool = False

    def form(self, unit: str) -> Form:
        """Give how values of a unit are written."""
        currency = self.insights.currency
        forms: Mapping[str, Form] = {
            "money": lambda value: theme.money(value, currency),
            "percent": lambda value: theme.share(value),
            "ratio": theme.ratio,
        }
        return forms.get(unit, theme.number)

    def change_form(self, unit: str) -> Form:
        """Give how values and their changes are written side by side; shares need more digits."""
        if unit == "percent":
            return lambda value: f"{100 * value:.2f}%".replace("-", "−")
        return self.form(unit)

    @property
    def main(self) -> list[Anomaly]:
        """The anomalies that stand for themselves or for their story."""
        return [one for one in self.insights.anomalies if one.id not in self._followers]

    def others(self, anomaly: Anomaly) -> list[Anomaly]:
        """Give the other anomalies of an anomaly's story."""
        known = {one.id: one for one in self.insights.anomalies}
        return [
            known[other]
            for story in self.insights.stories
            if story.anomalies[0] == anomaly.id
            for other in story.anomalies[1:]
            if other in known
        ]

    @property
    def _followers(self) -> set[str]:
        return {other for story in self.insights.stories for other in story.anomalies[1:]}
