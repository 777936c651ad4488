"""The media mix page as it opens, its key figures, table and first tab of charts, in Streamlit.

The same stored model: here it is read from a JSON file once a process, where ours reads it from
the database for every visit; and nobody signs in.
"""

import json
import sys
from pathlib import Path

import altair as alt
import pandas as pd
import streamlit as st

COLUMNS = 3


@st.cache_data
def stored(path: str) -> dict:
    """Read the stored model."""
    return json.loads(Path(path).read_text(encoding="utf-8"))


def curve_chart(effect: dict, curve: dict) -> alt.LayerChart:
    """Draw a saturation curve: band, line, spend now, saturation point."""
    points = pd.DataFrame(
        {
            "spend": [point["spend"] for point in curve["curve"]],
            "revenue": [point["revenue"] for point in curve["curve"]],
            "lower": [point["revenue_interval"]["lower"] for point in curve["curve"]],
            "upper": [point["revenue_interval"]["upper"] for point in curve["curve"]],
        }
    )
    base = alt.Chart(points).encode(x="spend:Q")
    band = base.mark_area(opacity=0.2).encode(y="lower:Q", y2="upper:Q")
    line = base.mark_line().encode(y=alt.Y("revenue:Q", title=None))
    now = alt.Chart(pd.DataFrame({"spend": [effect["current_spend"]]}))
    layers = [band, line, now.mark_rule(strokeDash=[4, 3]).encode(x="spend:Q")]
    if effect["saturation_point"] is not None:
        point = pd.DataFrame({"spend": [effect["saturation_point"]], "revenue": [0.0]})
        layers.append(alt.Chart(point).mark_point(shape="diamond").encode(x="spend", y="revenue"))
    return alt.layer(*layers).properties(height=172)


def show(page: dict) -> None:
    """Write the page."""
    results, names = page["results"], page["names"]
    st.title("Media mix")
    st.write(page["answer"].replace("$", "\\$"))
    figure, fit, miss = st.columns(3)
    figure.metric("Revenue from ads", f"{results['media_percent']:.1f}%")
    figure.write(page["figure"])
    fit.metric("R²", f"{results['model_fit']['r2']:.2f}")
    miss.metric("MAPE", f"{100 * results['model_fit']['mape']:.1f}%")
    effects = {effect["channel"]: effect for effect in results["channels"]}
    st.table(
        pd.DataFrame(
            [
                {
                    "channel": names[channel],
                    "contribution": f"{effect['contribution_percent']:.1f}%",
                    "return now": f"{effect['current_roi']:.1f}",
                    "next unit": f"{effect['marginal_roi']:.1f}",
                    "saturation": effect["saturation_point"] or "not reached",
                    "how sure": effect["how_sure"],
                }
                for channel, effect in effects.items()
            ]
        ).astype(str)
    )
    grid = st.columns(COLUMNS)
    for number, curve in enumerate(results["saturation_curves"]):
        with grid[number % COLUMNS]:
            st.write(names[curve["channel"]])
            st.altair_chart(curve_chart(effects[curve["channel"]], curve))


st.set_page_config(page_title="Media mix", layout="wide")
show(stored(sys.argv[1]))
