"""A rule book as columns: rules numbered through all versions, so that a line carries one small number."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from accounts.enums import Kind
from assessment.enums import SPANS, Cap, Effect, Holder, PersonRole
from assessment.rules import CAPS_OF_A_RULE, Group, Rule, RuleBook, Version

NUMBERS = {cap: number for number, cap in enumerate(Cap, start=1)}
NAMES = pl.Series(["", *(cap.value for cap in Cap)], dtype=pl.Enum(["", *(cap.value for cap in Cap)]))
"""Caps by number; 0 is none."""

HOLDERS = {Holder.PERSON: "person_id", Holder.CHILD: "child", Holder.FAMILY: "family"}
"""The column that says for whom is counted."""

KINDS = pl.Enum([kind.value for kind in Kind])
ROLES = pl.Enum([role.value for role in PersonRole])


@dataclass(frozen=True)
class Stage:
    """One kind of limit. A row falls into the cell of its holder (`holder`), of its rule, group or day (`over`) and of
    the period (`span`); the points of a cell stay within `limits`, one for each numbered rule (null: not limited).
    `by` names the limit in a line."""

    by: Cap
    span: Cap
    holder: Holder
    over: str
    limits: pl.Series
    may_vary: bool
    """Whether versions differ, so that one cell may know several limits."""

    @property
    def is_in_order(self) -> bool:
        """Whether the rows of a cell stand together in the order of lines."""
        return self.over == "rule" and self.holder == Holder.PERSON and self.span != Cap.EVENT

    def is_inside(self, other: Stage) -> bool:
        """Whether each cell surely lies in one cell of the other; what is not sure is found out from the rows."""
        spans = _AROUND.get(self.span, ())
        return self.is_in_order and other.is_in_order and (other.span in spans)


_AROUND = {
    Cap.DAY: (Cap.WEEK, Cap.MONTH, Cap.TERM, Cap.YEAR, Cap.CALENDAR, Cap.EVER),
    Cap.WEEK: (Cap.EVER,),
    Cap.MONTH: (Cap.TERM, Cap.YEAR, Cap.CALENDAR, Cap.EVER),
    Cap.TERM: (Cap.YEAR, Cap.EVER),
    Cap.YEAR: (Cap.EVER,),
    Cap.CALENDAR: (Cap.EVER,),
}


class Terms:
    """Series hold one value for each numbered rule. `stages` are the limits in the order in which they are applied;
    limits that no rule has are left out."""

    def __init__(self, book: RuleBook) -> None:
        self._rules: list[tuple[int, Version, Rule]] = [
            (number, version, rule)
            for number, version in enumerate(book.versions, start=1)
            for rule in version.rules
        ]
        self.rules = [rule for _, _, rule in self._rules]
        self.asks, self.is_shared = book.asks, book.is_shared
        self.begins = pl.Series([v.effective_from for v in book.versions], dtype=pl.Date).to_physical()
        self.codes = pl.Enum(sorted({rule.code for rule in self.rules}))
        self.sources = pl.Enum(sorted({rule.source for rule in self.rules}))
        self.rule_ids = self._series([rule.id for rule in self.rules])
        self.points = self._series([rule.points for rule in self.rules])
        self.orders = pl.Series([rule.order for rule in self.rules], dtype=pl.Int32)
        self.once = pl.Series([rule.once != "" for rule in self.rules], dtype=pl.Boolean)
        self.voids = [number for number, rule in enumerate(self.rules) if rule.effect == Effect.VOID]
        groups = sorted({rule.group for rule in self.rules if rule.group})
        places = {code: place for place, code in enumerate(groups)}
        self.groups = pl.Series([places.get(rule.group) for rule in self.rules], dtype=pl.Int64)
        self.stages = self._stages()
        self.joint = "family" if self.is_shared else "person_id"
        """The column of those who must be counted together."""
        whose = ["person_id"] if self.is_shared else []
        self.in_time = [self.joint, "happened_on", "source", "source_id", *whose, "order", "rule_code"]
        """The order in which facts earn."""

    def _series(self, values: list[int] | list[int | None]) -> pl.Series:
        return pl.Series(values, dtype=pl.Int64)

    def _group_of(self, version: Version, rule: Rule) -> Group | None:
        return next((group for group in version.groups if rule.group and group.code == rule.group), None)

    def _stages(self) -> list[Stage]:
        first = [Cap.EVENT, Cap.DAY]
        total = self._series([version.cap_day for _, version, _ in self._rules])
        later = [cap for cap in CAPS_OF_A_RULE if cap not in first]
        made = [self._own(cap, holder) for cap in first for holder in Holder]
        made.append(Stage(Cap.TOTAL, Cap.DAY, Holder.PERSON, "all", total, may_vary=False))
        made += [self._own(cap, holder) for cap in later for holder in Holder]
        made += [self._of_groups(span, holder) for span in SPANS for holder in Holder]
        return [stage for stage in made if stage.limits.null_count() < len(stage.limits)]

    def _own(self, cap: Cap, holder: Holder) -> Stage:
        limits = [rule.cap(cap) if rule.shared == holder else None for rule in self.rules]
        return Stage(cap, cap, holder, "rule", self._series(limits), self._varies("code", limits))

    def _of_groups(self, span: Cap, holder: Holder) -> Stage:
        found = [self._group_of(version, rule) for _, version, rule in self._rules]
        limits = [group.cap(span) if group and group.shared == holder else None for group in found]
        return Stage(Cap.GROUP, span, holder, "group", self._series(limits), self._varies("group", limits))

    def _varies(self, name: str, limits: list[int | None]) -> bool:
        seen: dict[str, set[int | None]] = {}
        for rule, limit in zip(self.rules, limits, strict=True):
            seen.setdefault(getattr(rule, name), set()).add(limit)
        return any(len(found) > 1 for key, found in seen.items() if key)

    def of_rule(self, series: pl.Series) -> pl.Expr:
        """The value of each row's rule."""
        return pl.lit(series).gather(pl.col("rule"))

    def codes_where_varies(self, name: str) -> list[str]:
        """Codes of rules that differ in this between versions."""
        seen: dict[str, set[object]] = {}
        for rule in self.rules:
            seen.setdefault(rule.code, set()).add(getattr(rule, name))
        return sorted(code for code, found in seen.items() if len(found) > 1)

    def matching(self, kinds: pl.DataFrame) -> pl.DataFrame:
        """Each rule once for each kind that it names; one that names none, for each in `kinds` (source, kind) of its
        source. Kind 0 stands for none."""
        seen: dict[str, list[int]] = {}
        for source, kind in kinds.iter_rows():
            seen.setdefault(source, []).append(kind)
        rows = [
            (version, rule.source, kind, number, rule.code)
            for number, (version, _, rule) in enumerate(self._rules)
            for kind in sorted(rule.items or rule.kinds or seen.get(rule.source, []))
        ]
        schema: dict[str, pl.DataType | type[pl.DataType]] = {
            "version": pl.Int32,
            "source": pl.String,
            "kind": pl.Int64,
            "rule": pl.UInt32,
            "rule_code": self.codes,
        }
        return pl.DataFrame(rows, schema=schema, orient="row")

    def conditions(self) -> list[pl.Expr]:
        """What a joined row must fulfil beside its source and kind; nothing where no rule asks for more."""
        found: list[pl.Expr] = []
        day = pl.col("happened_on")
        begins, ends = self._days("begins_on"), self._days("ends_on")
        if begins.null_count() < len(begins):
            found.append((day >= self.of_rule(begins)).fill_null(True))
        if ends.null_count() < len(ends):
            found.append((day < self.of_rule(ends)).fill_null(True))
        if any(rule.min_minutes for rule in self.rules):
            least = self._series([rule.min_minutes for rule in self.rules])
            found.append(pl.col("minutes").fill_null(0) >= self.of_rule(least))
        if any(rule.unit_kinds for rule in self.rules):
            found.append(self._among("unit_kind", KINDS, [rule.unit_kinds for rule in self.rules]))
        if any(rule.roles for rule in self.rules):
            found.append(self._among("role", ROLES, [rule.roles for rule in self.rules]))
        return found

    def _days(self, name: str) -> pl.Series:
        days: list[date | None] = [getattr(rule, name) for rule in self.rules]
        return pl.Series(days, dtype=pl.Date)

    def _among(self, column: str, kinds: pl.Enum, wanted: list[frozenset[str]]) -> pl.Expr:
        """Whether the rule names the row's value, or none at all; a row without a value is none of those named."""
        words = list(kinds.categories)
        table = [not names or word in names for names in wanted for word in [*words, None]]
        value = pl.col(column).cast(kinds).to_physical().cast(pl.UInt32).fill_null(len(words))
        return pl.lit(pl.Series(table, dtype=pl.Boolean)).gather(pl.col("rule") * (len(words) + 1) + value)
