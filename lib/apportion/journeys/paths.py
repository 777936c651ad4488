"""Which touchpoint serves which conversion, as expressions that run on DuckDB and on Spark alike.

Definitions
-----------
- A touchpoint **serves** the customer's first conversion at or after it, and only that one: credit
  is never given twice, and a repeat purchase starts with an empty path.
- It counts if it is less than the lookback **window** older than the conversion. A window is an
  exact duration (7 days are 168 hours) between instants in UTC, so that neither the tenant's time
  zone nor daylight saving moves its edge.
- Touchpoints of the same instant are ordered by `touchpoint_id`, conversions by `order_id`; of two
  orders of one instant the first has the path.
- A conversion that no touchpoint serves is **direct**: one touchpoint, on channel "direct", at the
  moment of the conversion.
- The other touchpoints make up **paths that did not convert**. Those between two conversions (or
  before the first one, or after the last) are cut into consecutive windows, counted from the first
  touchpoint there: like a path that converted, such a path spans less than one window. A path
  that is still open when the data end counts as not converted so far.
- An event delivered twice (same customer, instant and id) counts once. An event that arrives late
  takes its place by its own time, as soon as the tables are built again.

So every touchpoint belongs to exactly one path, and every conversion has exactly one.

Every function takes and gives Ibis tables. There is no raw SQL, and nothing that Spark lacks:
instants are whole microseconds since 1970, a set of channels is a sum of powers of two, a sequence
of channels is packed into whole numbers.
"""

import datetime as dt

import ibis
import pandas as pd
from ibis import Table

from apportion.journeys import sequences
from apportion.results.journeys import DIRECT

MICROSECONDS_PER_DAY = 24 * 60 * 60 * 1_000_000
MICROSECONDS_PER_HOUR = 60 * 60 * 1_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)

PLAYERS = 14
"""How many channels the models tell apart: the rarest beyond that are taken together."""

CODES = ["channel", "campaign", "device", "kind", "code", "player"]

START = -1
"""Stands for the channel before a path's first touchpoint."""

CONVERTED = -1
"""The `part` of a path that converted."""

_NO_EARLIER_CONVERSION = -(2**62)


def instants(table: Table) -> Table:
    """Give `table` with `timestamp` as whole microseconds since 1970, in a column `instant`."""
    epoch = ibis.literal(EPOCH, type="timestamp('UTC')")
    return table.mutate(instant=table.timestamp.delta(epoch, unit="microsecond").cast("int64"))


def customers(table: Table) -> Table:
    """Give `table` with `customer` and `group` from its `customer_id`.

    The group, 0 to 255, is the first byte of the MD5 of the id: the same on every engine.
    """
    digest = table.customer_id.hexdigest("md5")
    digits = ibis.literal("0123456789abcdef")
    group = 16 * digits.find(digest.substr(0, 1)) + digits.find(digest.substr(1, 1))
    return table.mutate(customer=table.customer_id, group=group.cast("int16"))


def kinds(touchpoints: Table) -> pd.DataFrame:
    """Give every distinct channel, campaign and device with its number of touchpoints, coded.

    Returns
    -------
    DataFrame
        `kind` numbers the rows; `code` the channels by name; `player` the channels by number of
        touchpoints, the most frequent first; all channels from number 13 on share one if there
        are more than 14. Channel "direct" is always there, if need be with no touchpoints and
        player -1.
    """
    counts: pd.DataFrame = (
        touchpoints.group_by("channel", "campaign", "device")
        .agg(touchpoints=lambda table: table.count())
        .to_pandas()
    )
    if DIRECT not in set(counts["channel"]):
        row = {"channel": DIRECT, "campaign": "", "device": "", "touchpoints": 0}
        counts = pd.concat([counts, pd.DataFrame([row])], ignore_index=True)
    counts = counts.sort_values(["channel", "campaign", "device"], ignore_index=True)
    channels = counts.groupby("channel", sort=True)["touchpoints"].sum()
    codes = {channel: code for code, channel in enumerate(channels.index)}
    ranked = sorted(channels[channels > 0].index, key=lambda channel: (-channels[channel], channel))
    # Without any touchpoint there is still something to train: direct.
    ranked = ranked or [DIRECT]
    players = {channel: min(place, PLAYERS - 1) for place, channel in enumerate(ranked)}
    return counts.assign(
        kind=range(len(counts)),
        code=counts["channel"].map(codes).astype("int64"),
        player=counts["channel"].map(players).fillna(START).astype("int64"),
    )


def serve(
    touchpoints: Table, conversions: Table, coded: pd.DataFrame, codes: Table | None = None
) -> Table:
    """Find the conversion that each touchpoint may serve, whatever the window.

    Parameters
    ----------
    touchpoints : Table
        `customer`, `group`, `instant`, `touchpoint_id`, `channel`, `campaign`, `device`.
    conversions : Table
        `customer`, `instant`, `order_id`, `revenue`, `is_new_customer`.
    coded : DataFrame
        What :func:`kinds` gives for these touchpoints.
    codes : Table, optional
        The columns :data:`CODES` of it, where the engine needs to have them first.

    Returns
    -------
    Table
        A row per touchpoint: `customer`; `group`; `segment`, the ordinal of the customer's next
        conversion (0: none comes); `sequence`, its rank before it; `kind`, `channel` and `player`,
        see :func:`kinds`; `since`, microseconds since the segment's first touchpoint; `changed`,
        whether the channel is another than before, and `run`, how often it has changed so far;
        `before` and `before_that`, the players of the two touchpoints before it in the segment, and
        `gap` and `gap_of_two`, microseconds since them; and of the conversion: `age`, microseconds
        until it, `revenue`, `is_new`.
    """
    orders = _ordered(conversions)
    codes = ibis.memtable(coded[CODES]) if codes is None else codes
    touchpoints = touchpoints.inner_join(codes, ["channel", "campaign", "device"])
    joined = touchpoints.left_join(
        orders,
        [
            touchpoints.customer == orders.customer,
            touchpoints.instant > orders.opens,
            touchpoints.instant <= orders.closes,
        ],
    ).select(
        customer=touchpoints.customer,
        group=touchpoints.group,
        segment=orders.ordinal.fill_null(0),
        instant=touchpoints.instant,
        touchpoint_id=touchpoints.touchpoint_id,
        kind=touchpoints.kind.cast("int32"),
        channel=touchpoints.code.cast("int16"),
        player=touchpoints.player.cast("int16"),
        age=orders.closes - touchpoints.instant,
        revenue=orders.revenue,
        is_new=orders.is_new,
    )
    by_time = ibis.window(group_by=["customer", "segment"], order_by=["instant", "touchpoint_id"])
    ordered = joined.mutate(
        sequence=ibis.row_number().over(by_time).cast("int32"),
        again=_again(joined, "touchpoint_id", by_time),
    )
    ordered = ordered.filter(~ordered.again).drop("touchpoint_id", "again")
    in_segment = ibis.window(group_by=["customer", "segment"], order_by="sequence")
    placed = ordered.mutate(
        since=ordered.instant - ordered.instant.first().over(in_segment),
        changed=(ordered.channel != ordered.channel.lag().over(in_segment)).fill_null(False),
        before=ordered.player.lag(1).over(in_segment),
        before_that=ordered.player.lag(2).over(in_segment),
        gap=ordered.instant - ordered.instant.lag(1).over(in_segment),
        gap_of_two=ordered.instant - ordered.instant.lag(2).over(in_segment),
    ).drop("instant")
    so_far = ibis.cumulative_window(group_by=["customer", "segment"], order_by="sequence")
    return placed.mutate(run=placed.changed.cast("int32").sum().over(so_far).cast("int32"))


def answered(served: Table, conversions: Table) -> Table:
    """Find out how long before each conversion its latest touchpoint was.

    Returns
    -------
    Table
        A row per conversion: `revenue`, `is_new`, `latest` in microseconds; null: it has none.
    """
    orders = _ordered(conversions)
    latest = (
        served.filter(served.segment > 0)
        .group_by("customer", "segment")
        .agg(latest=lambda table: table.age.min())
    )
    return orders.left_join(
        latest, [orders.customer == latest.customer, orders.ordinal == latest.segment]
    ).select(revenue=orders.revenue, is_new=orders.is_new, latest=latest.latest)


def cut(served: Table, window_days: int) -> Table:
    """Cut the touchpoints into paths, for one window.

    Everything here is told from a touchpoint's own row.

    Returns
    -------
    Table
        The columns of `served`, and `part`: a touchpoint's path is named by `customer`, `segment`
        and `part`, and one with `part` -1 converted; `follows`, whether a touchpoint of the same
        path is before it. `before` and `before_that` are the players before it in the path now, -1
        where it has not begun.
    """
    follows = _follows(served, served.gap, window_days)
    follows_two = _follows(served, served.gap_of_two, window_days)
    return served.mutate(
        part=_part(served.age, served.since, window_days),
        follows=follows,
        before=ibis.ifelse(follows, served.before, START).cast("int16"),
        before_that=ibis.ifelse(follows_two, served.before_that, START).cast("int16"),
    )


def serving(served: Table, window_days: int) -> Table:
    """Give the touchpoints of the paths that converted, path by path in order of time.

    Returns
    -------
    Table
        `starts`, whether a path begins here; `player`, `kind`; `age`, `revenue`, `is_new` of the
        conversion.
    """
    window = window_days * MICROSECONDS_PER_DAY
    rows = served.filter(served.age < window)
    return (
        rows.mutate(starts=(rows.age + rows.gap >= window).fill_null(True))
        .order_by("customer", "segment", "sequence")
        .select("starts", "player", "kind", "age", "revenue", "is_new")
    )


def whole(cut: Table, coded: pd.DataFrame) -> Table:
    """Give one row per path of what :func:`cut` gives.

    Returns
    -------
    Table
        `group`, `converted`, `revenue`, `is_new`, `length`, `age` of the first touchpoint;
        `members`, the set of players as a sum of powers of two; and the sequence of channels as
        it is (`word_0`, …) and with repeats taken as one (`turn_0`, …), see
        :mod:`apportion.journeys.sequences`.
    """
    form = sequences.digits(coded)
    begins_turn = cut.changed | ~cut.follows
    table = cut.group_by("customer", "segment", "part").agg(
        group=cut.group.min(),
        revenue=cut.revenue.max(),
        is_new=cut.is_new.max(),
        length=cut.count().cast("int32"),
        age=cut.age.max(),
        members=sequences.bit_or(ibis.literal(1, type="int64") << cut.player.cast("int32")),
        first=cut.sequence.min(),
        first_run=cut.run.min(),
        runs=cut.count(where=begins_turn),
        **sequences.ring("word", cut.channel, cut.sequence, form),
        **sequences.ring("turn", cut.channel, cut.run, form, only=begins_turn),
    )
    return table.select(
        "group",
        "revenue",
        "is_new",
        "length",
        "age",
        **sequences.straightened("word", table, table.first, table.length, form),
        **sequences.straightened("turn", table, table.first_run, table.runs, form),
        converted=table.part == CONVERTED,
        members=table.members.cast("int32"),
    )


def direct(conversions: Table, window_days: int, coded: pd.DataFrame) -> Table:
    """Give a path for every conversion that no touchpoint serves: one touchpoint, direct.

    Parameters
    ----------
    conversions : Table
        What :func:`answered` gives.

    Returns
    -------
    Table
        The columns of :func:`whole`; `group` and `age` are null and `members` is empty.
    """
    window = window_days * MICROSECONDS_PER_DAY
    unserved = conversions.filter((conversions.latest >= window).fill_null(True))
    code = int(coded.loc[coded["channel"] == DIRECT, "code"].iloc[0])
    return unserved.select(
        group=ibis.null("int16"),
        revenue=unserved.revenue,
        is_new=unserved.is_new,
        length=ibis.literal(1, type="int32"),
        age=ibis.null("int64"),
        **sequences.one("word", code),
        **sequences.one("turn", code),
        converted=ibis.literal(True),
        members=ibis.literal(0, type="int32"),
    )


def _ordered(conversions: Table) -> Table:
    """Give each conversion its ordinal and the time that belongs to it, since the one before."""
    by_time = ibis.window(group_by="customer", order_by=["instant", "order_id"])
    marked = conversions.mutate(again=_again(conversions, "order_id", by_time))
    orders = marked.filter(~marked.again)
    return orders.select(
        "customer",
        "revenue",
        ordinal=(ibis.row_number().over(by_time) + 1).cast("int32"),
        opens=orders.instant.lag().over(by_time).fill_null(_NO_EARLIER_CONVERSION),
        closes=orders.instant,
        is_new=orders.is_new_customer,
    )


def _again(table: Table, identity: str, order: ibis.Value) -> ibis.Value:
    same_id = table[identity] == table[identity].lag().over(order)
    return (same_id & (table.instant == table.instant.lag().over(order))).fill_null(False)


def _part(age: ibis.Value, since: ibis.Value, window_days: int) -> ibis.Value:
    """Name the path, among those of its segment, that a touchpoint of this time belongs to."""
    window = window_days * MICROSECONDS_PER_DAY
    return ibis.cases((age < window, CONVERTED), (since < window, 0), else_=since // window).cast(
        "int32"
    )


def _follows(served: Table, gap: ibis.Value, window_days: int) -> ibis.Value:
    """Tell whether the touchpoint `gap` earlier is of the same path; null: none is."""
    window = window_days * MICROSECONDS_PER_DAY
    # In this order most touchpoints are told by a comparison, and few by a division.
    return ibis.cases(
        (served.age + gap < window, True),
        (served.age < window, False),
        (served.since < window, gap >= 0),
        else_=served.since // window == (served.since - gap) // window,
    ).fill_null(False)
