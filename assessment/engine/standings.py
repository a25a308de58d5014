"""Standings and stars from the ledger: a pure function of the lines posted up to a day.

Points that count are those of the counting period that have not expired; what was spent stays in them. Points to spend
are all that have not expired, less what was spent, the oldest points being spent first. A star is judged by the points
that count; it may stay from before, where its level stays for further counting periods or where the version keeps the
stars reached before it began. What is judged of an earlier time is what is known of it today, so that a correction
reaches a star that was kept as well.
"""

from __future__ import annotations

from datetime import date, timedelta

import polars as pl

from assessment.engine.reconcile import HAND_MADE, SPENDING
from assessment.enums import Cap, Effect, Per, StarBasis, Validity
from assessment.queries.entries import STANDINGS
from assessment.rules import Rule, RuleBook, Star, Version, counting_period

STANDING = ["person_id", "version_id", "day", "points", "points_ever", "available", "star"]
RULES = {
    "rule_id": pl.Int64,
    "rule_code": pl.String,
    "effect": pl.String,
    "hourly": pl.Int64,
    "validity": pl.String,
    "valid_months": pl.Int64,
}


def standings(lines: pl.DataFrame, book: RuleBook, day: date) -> pl.DataFrame:
    """The standing (columns `STANDING`) on `day` of everybody who has a line posted by then, by person.

    `lines` holds the columns of `entries.LINES`. Nobody has a standing before the first version begins.
    """
    version = book.on(day)
    if version is None:
        return pl.DataFrame(schema={name: STANDINGS[name] for name in STANDING})
    known = _with_rules(lines.filter(pl.col("posted_on") <= day), book)
    period = counting_period(version.counting, day)
    begun = max(version.effective_from, period.begins_on) if period else version.effective_from
    counts = _counts(version, day)
    alive = ~_expired(day)
    totals = known.group_by("person_id").agg(
        points_ever=pl.col("points").filter(_unspent()).sum(),
        available=pl.col("points").filter(alive).sum(),
        points=pl.col("points").filter(counts & _unspent()).sum(),
        day=pl.max_horizontal(
            pl.col("posted_on").max(), pl.col("expires_on").filter(~alive).max(), pl.lit(begun)
        ),
    )
    totals = totals.join(held_stars(known, book, day), on="person_id", how="left")
    return (
        _less_spent_twice(totals, known, day)
        .with_columns(pl.col("star").fill_null(0), version_id=pl.lit(version.id, pl.Int64))
        .select(STANDING)
        .sort("person_id")
    )


def _with_rules(lines: pl.DataFrame, book: RuleBook) -> pl.DataFrame:
    """The lines with what their rule says: `RULES` and `expires_on`, as the version says that gave the line."""
    rows = [(r.id, r.code, str(r.effect), _hourly(r), str(r.validity), r.valid_months) for r in book.rules]
    said = pl.DataFrame(rows, schema=RULES, orient="row")
    known = lines.join(said, on="rule_id", how="left", maintain_order="left")
    return known.with_columns(
        expires_on=_expires_on() if any(r.validity for r in book.rules) else pl.lit(None, pl.Date)
    )


def _hourly(rule: Rule) -> int:
    return rule.points if rule.per == Per.HOUR and rule.points > 0 and not rule.steps else 0


def _expires_on() -> pl.Expr:
    """As `rules.expires_on` says for one day."""
    day, validity = pl.col("happened_on"), pl.col("validity")
    year, month = day.dt.year(), day.dt.month().cast(pl.Int32)
    months = year.cast(pl.Int64) * 12 + month - 1 + pl.col("valid_months")
    first = pl.date(months // 12, months % 12 + 1, 1)
    same = first + pl.duration(days=day.dt.day().cast(pl.Int64) - 1)
    in_months = pl.when(same.dt.month() == first.dt.month()).then(same).otherwise(same.dt.month_start())
    return (
        pl.when(validity == Validity.SCHOOL_YEAR)
        .then(pl.date(year + (month >= 9).cast(pl.Int32), 9, 1))
        .when(validity == Validity.CALENDAR_YEAR)
        .then(pl.date(year + 1, 1, 1))
        .when(validity == Validity.MONTHS)
        .then(in_months)
    )


def _expired(day: date) -> pl.Expr:
    return (pl.col("expires_on") <= day).fill_null(False)


def _unspent() -> pl.Expr:
    return pl.col("effect").ne_missing(str(Effect.SPEND)) & (pl.col("source") != SPENDING)


def _counts(version: Version, day: date) -> pl.Expr:
    """Lines that count on a day: of its counting period, not later than it, not expired by then."""
    period = counting_period(version.counting, day)
    inside = pl.col("happened_on") <= day
    if period is not None:
        inside &= pl.col("happened_on") >= period.begins_on
    return inside & ~_expired(day)


def _less_spent_twice(totals: pl.DataFrame, known: pl.DataFrame, day: date) -> pl.DataFrame:
    """Points that were spent before they expired are not lost a second time.

    With E(t) expired and S(t) spent by t, what is gone is S plus the most that E was ever ahead of S; without
    spending that is E, which `available` has taken off already.
    """
    spent = known.filter(~_unspent())
    expired = known.filter(_unspent() & _expired(day))
    if spent.is_empty() or expired.is_empty():
        return totals
    events = pl.concat(
        [
            expired.select("person_id", on="expires_on", lost="points", used=pl.lit(0, pl.Int64)),
            spent.select("person_id", on="happened_on", lost=pl.lit(0, pl.Int64), used=-pl.col("points")),
        ]
    )
    daily = events.group_by("person_id", "on").agg(pl.col("lost").sum(), pl.col("used").sum())
    ahead = (
        daily.sort("person_id", "on")
        .with_columns(
            ahead=pl.col("lost").cum_sum().over("person_id")
            - (pl.col("used").cum_sum() - pl.col("used")).over("person_id")
        )
        .group_by("person_id")
        .agg(
            back=pl.col("lost").sum() - pl.max_horizontal(pl.col("ahead").max(), pl.lit(0, pl.Int64)),
        )
    )
    return totals.join(ahead, on="person_id", how="left").with_columns(
        available=pl.col("available") + pl.col("back").fill_null(0)
    )


# ── Stars ────────────────────────────────────────────────────────────────────


def held_stars(known: pl.DataFrame, book: RuleBook, day: date) -> pl.DataFrame:
    """person_id, star: reached by what counts on the day, or kept from before."""
    version = book.on(day)
    if version is None:
        return pl.DataFrame(schema={"person_id": pl.Int64, "star": pl.Int64})
    found = [reached_stars(known, version, version.stars, day)]
    last = day
    for number in range(1, max((star.keeps for star in version.stars), default=0) + 1):
        period = counting_period(version.counting, last)
        if period is None:
            break
        last = period.begins_on - timedelta(days=1)
        then = book.on(last)
        if then is None:
            break
        staying = tuple(star for star in then.stars if star.keeps >= number)
        found.append(reached_stars(known, then, staying, last))
    if version.keeps_stars:
        eve = version.effective_from - timedelta(days=1)
        period = counting_period(version.counting, day)
        if period is None or version.effective_from in period:
            found.append(held_stars(known, book, eve))
    return pl.concat(found).group_by("person_id").agg(pl.col("star").max())


def reached_stars(known: pl.DataFrame, version: Version, stars: tuple[Star, ...], day: date) -> pl.DataFrame:
    """person_id, star: the highest to which one way is open, as `rules.star_of` says for one person."""
    star = pl.lit(0, pl.Int64)
    for way in sorted(stars, key=lambda way: way.level):
        star = pl.when(_reaches(way)).then(pl.lit(way.level, pl.Int64)).otherwise(star)
    return _earned(known, version, stars, day).select("person_id", star=star)


def earned_on(lines: pl.DataFrame, book: RuleBook, version: Version, day: date) -> pl.DataFrame:
    """person_id and what the stars of the version ask of each person on the day: `points`, and as far as one of them
    asks for it `hours`, `count`, `kind_…`, `rule_…` and `complaints`."""
    known = _with_rules(lines.filter(pl.col("posted_on") <= day), book)
    return _earned(known, version, version.stars, day)


def _earned(known: pl.DataFrame, version: Version, stars: tuple[Star, ...], day: date) -> pl.DataFrame:
    counting = known.filter(_counts(version, day))
    earned = (
        known.select("person_id")
        .unique()
        .join(
            counting.filter(_unspent()).group_by("person_id").agg(points=pl.col("points").sum()),
            on="person_id",
            how="left",
        )
    )
    if any(_asks_more(star) for star in stars):
        earned = earned.join(_occasions(counting, stars), on="person_id", how="left")
        earned = earned.join(
            _complaints(known.filter(pl.col("happened_on") <= day)), on="person_id", how="left"
        )
    return earned.with_columns(pl.exclude("person_id").fill_null(0))


def _asks_more(star: Star) -> bool:
    return (
        star.basis != StarBasis.POINTS
        or star.also_kind is not None
        or bool(star.also_rule)
        or star.no_complaint
    )


def _reaches(star: Star) -> pl.Expr:
    enough = pl.col(str(star.basis)) >= star.threshold
    if star.also_kind is not None:
        enough &= pl.col(f"kind_{star.also_kind}") >= star.also_times
    if star.also_rule:
        enough &= pl.col(f"rule_{star.also_rule}") >= star.also_rule_times
    return enough & (pl.col("complaints") == 0) if star.no_complaint else enough


def _standing_lines(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines of facts that nothing has reversed."""
    undone = lines.filter(pl.col("reverses_id").is_not_null()).select("reverses_id")
    return lines.filter(pl.col("reverses_id").is_null() & ~pl.col("source").is_in(HAND_MADE)).join(
        undone, left_on="id", right_on="reverses_id", how="anti"
    )


def _occasions(lines: pl.DataFrame, stars: tuple[Star, ...]) -> pl.DataFrame:
    """`hours`, `count`, `kind_…` and `rule_…` of each person: facts with a line that stands under a rule that gives
    points, capped or not, but not void. Hours are those for which points were given."""
    standing = _standing_lines(lines).filter(
        pl.col("effect").ne_missing(str(Effect.DEDUCT))
        & pl.col("effect").ne_missing(str(Effect.SPEND))
        & pl.col("effect").ne_missing(str(Effect.VOID))
        & (pl.col("cut_by") != str(Cap.VOID))
    )
    fact = pl.struct("source", "source_id")
    kinds = sorted({star.also_kind for star in stars if star.also_kind is not None})
    codes = sorted({star.also_rule for star in stars if star.also_rule})
    hours = pl.col("points").filter(pl.col("hourly") > 0) // pl.col("hourly").filter(pl.col("hourly") > 0)
    return standing.group_by("person_id").agg(
        hours.sum().alias(str(StarBasis.HOURS)),
        fact.n_unique().cast(pl.Int64).alias(str(StarBasis.COUNT)),
        *(_times(fact, pl.col("kind_id") == kind).alias(f"kind_{kind}") for kind in kinds),
        *(_times(fact, pl.col("rule_code") == code).alias(f"rule_{code}") for code in codes),
    )


def _times(fact: pl.Expr, which: pl.Expr) -> pl.Expr:
    return fact.filter(which).n_unique().cast(pl.Int64)


def _complaints(lines: pl.DataFrame) -> pl.DataFrame:
    """`complaints`: those not settled; a settled one stands with the quantity 0."""
    return (
        _standing_lines(lines.filter(pl.col("effect") == str(Effect.VOID)))
        .group_by("person_id")
        .agg(complaints=pl.col("quantity").sum())
    )
