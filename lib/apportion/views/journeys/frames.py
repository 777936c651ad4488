"""The same figures as plain tables, for analysts and for a run's record: no person's data."""

from collections.abc import Mapping

import pandas as pd

from apportion.results.journeys import AttributionModel, JourneyResults


def credit_frame(results: JourneyResults | None) -> pd.DataFrame:
    """Give conversions by channel, campaign, device and kind of customer, a column per model."""
    rows: Mapping[tuple[str, str, str], Mapping[str, float]] = {
        (table.dimension, row.channel or "", row.name): {
            credit.model.value: credit.conversions for credit in row.credits
        }
        for table in (results.credit if results is not None else ())
        for row in table.rows
    }
    index = pd.MultiIndex.from_tuples(list(rows), names=["by", "channel", "name"])
    columns = [model.value for model in AttributionModel]
    return pd.DataFrame(list(rows.values()), index=index if len(rows) else None, columns=columns)


def paths_frame(results: JourneyResults | None) -> pd.DataFrame:
    """Give the common paths as they are."""
    found = results.paths.common_paths if results is not None else ()
    return pd.DataFrame(
        [
            {
                "path": " > ".join(path.path),
                "conversions": path.count,
                "conversion rate": path.conversion_rate,
                "average order": path.avg_order_value,
            }
            for path in found
        ],
        columns=["path", "conversions", "conversion rate", "average order"],
    )
