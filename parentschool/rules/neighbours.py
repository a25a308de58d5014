"""Who is who on a village's list of people.

A village has no classes to tell people apart by, and often several people of one name. Somebody is recognised by phone
and name together, wherever in the county; without a phone as the guardian of the child that the row names, else by
name among the learners of the village, the household deciding between namesakes. What could be two people is asked,
never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    """A row of the list without a fault in it. `phone` is a blind index; what is not said is ""."""

    number: int
    village: int
    name: str
    phone: str = ""
    household: str = ""
    child: str = ""


@dataclass(frozen=True)
class OnRecord:
    person: int
    name: str
    phone: str
    tail: str
    path: str
    holds_role: bool


@dataclass(frozen=True)
class Learner:
    """Somebody who learns, or has learnt, in a village; `household` as last written there."""

    person: OnRecord
    village: int
    household: str


@dataclass(frozen=True)
class Records:
    by_phone: Mapping[str, Sequence[OnRecord]]
    learners: Mapping[tuple[int, str], Sequence[Learner]]
    """By village and name."""
    guardians: Mapping[tuple[int, str, str], Sequence[OnRecord]]
    """By village, their name and the name of a child they care for, in the township of the village."""
    at_home: frozenset[tuple[int, int]]
    """Village and person, of the learners of all names who stand behind one of the phones."""


@dataclass(frozen=True)
class Doubt:
    kind: str
    row: int
    who: str
    choices: str
    other: str = ""
    other_row: int | None = None
    other_path: str | None = None

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.row}"


@dataclass(frozen=True)
class Fault:
    row: int
    column: str
    code: str
    detail: str = ""


@dataclass
class Entry:
    """One person of the list; `person` is None for somebody new."""

    name: str
    person: OnRecord | None
    rows: list[Row] = field(default_factory=list)
    number: Row | None = None
    """The row whose number the person gets."""
    called: Row | None = None
    """The row whose name the person gets."""

    @property
    def places(self) -> dict[int, str]:
        """Villages with the household that the list gives there."""
        found: dict[int, str] = {}
        for row in self.rows:
            found[row.village] = found.get(row.village) or row.household
        return found


@dataclass
class Outcome:
    entries: list[Entry] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    kept: set[str] = field(default_factory=set)
    """Names of staff whose number a list does not change."""


def recognise(rows: Sequence[Row], records: Records, answers: Mapping[str, str]) -> Outcome:
    """The people of the list, those with a phone first, so that the others can be compared with them."""
    reader = _Reader(rows, records, answers)
    for row in (*(row for row in rows if row.phone), *(row for row in rows if not row.phone)):
        reader.take(row)
    reader.refuse_contradictions()
    found = reader.found
    found.entries.sort(key=lambda entry: entry.rows[0].number)
    return found


class _Reader:
    def __init__(self, rows: Sequence[Row], records: Records, answers: Mapping[str, str]) -> None:
        self.records, self.answers = records, answers
        self.pairs = {(row.phone, row.name) for row in rows if row.phone}
        self.found = Outcome()
        self.of_person: dict[int, Entry] = {}
        self.of_phone: dict[tuple[str, str], Entry] = {}
        self.first_with: dict[str, Row] = {}
        self.named: dict[tuple[int, str], list[Entry]] = {}

    def take(self, row: Row) -> None:
        entry = self._with_phone(row) if row.phone else self._without_phone(row)
        if entry is None:
            return
        entry.rows.append(row)
        namesakes = self.named.setdefault((row.village, row.name), [])
        if entry not in namesakes:
            namesakes.append(entry)

    # ── with a phone ─────────────────────────────────────────────────────────

    def _with_phone(self, row: Row) -> Entry | None:
        first = self.first_with.setdefault(row.phone, row)
        known = self.records.by_phone.get(row.phone, ())
        same = [person for person in known if person.name == row.name]
        if same:
            return self._entry(same[0])
        listed = self.of_phone.get((row.phone, row.name))
        if listed:
            return listed
        entry = self._renamed(row, known)
        if not known and first.name != row.name:
            self._ask(Doubt("phone_name", row.number, row.name, "apart", first.name, first.number))
        entry = entry or self._renumbered(row) or self._new(row)
        self.of_phone[row.phone, row.name] = entry
        return entry

    def _renamed(self, row: Row, known: Sequence[OnRecord]) -> Entry | None:
        """The learner here who stands under another name with this number, where somebody said it is the same one."""
        if not known:
            return None
        other = known[0]
        is_here = (row.village, other.person) in self.records.at_home
        may = is_here and not other.holds_role and (row.phone, other.name) not in self.pairs
        choices = "rename,apart" if may and not self._candidates(row) else "apart"
        answer = self._ask(
            Doubt("phone_name", row.number, row.name, choices, other.name, other_path=other.path)
        )
        if answer != "rename":
            return None
        entry = self._entry(other)
        entry.name, entry.called = row.name, row
        return entry

    def _renumbered(self, row: Row) -> Entry | None:
        """The learner of this name here who has another number on record, or none."""
        candidates = self._candidates(row)
        if len(candidates) != 1:
            if candidates:
                self._ask(Doubt("other_number", row.number, row.name, "apart"))
            return None
        person, household = candidates[0].person, candidates[0].household
        if not row.household or household != row.household:
            kind = "other_number" if person.phone else "first_number"
            if self._ask(Doubt(kind, row.number, row.name, "same,apart", person.tail)) != "same":
                return None
        entry = self._entry(person)
        if person.holds_role:
            self.found.kept.add(person.name)
        else:
            entry.number = row
        return entry

    # ── without a phone ──────────────────────────────────────────────────────

    def _without_phone(self, row: Row) -> Entry | None:
        candidates = self._candidates(row)
        stored = {learner.person.person for learner in candidates}
        listed = [
            entry for entry in self._listed(row) if not entry.person or entry.person.person not in stored
        ]
        if len(candidates) + len(listed) > 1:
            self.found.faults.append(Fault(row.number, "name", "which_person"))
            return None
        if candidates:
            return self._entry(candidates[0].person)
        if not listed:
            return self._new(row)
        if not row.household or listed[0].places.get(row.village) != row.household:
            first = listed[0].rows[0].number
            self._ask(Doubt("person_twice", row.number, row.name, "same", other_row=first))
        return listed[0]

    def _listed(self, row: Row) -> list[Entry]:
        """People of this name and village further up, whom the row may mean."""
        namesakes = self.named.get((row.village, row.name), [])
        fitting = [
            entry
            for entry in namesakes
            if not (row.household and entry.places[row.village]) or entry.places[row.village] == row.household
        ]
        exact = [entry for entry in fitting if row.household and entry.places[row.village]]
        return exact or fitting

    # ── both ─────────────────────────────────────────────────────────────────

    def _candidates(self, row: Row) -> list[Learner]:
        """Whom on record the row may mean: learners of the village by name and household, and the guardian of the
        child that it names, who goes before the others."""
        namesakes = self.records.learners.get((row.village, row.name), ())
        fitting = [
            learner
            for learner in namesakes
            if not (learner.household and row.household and learner.household != row.household)
        ]
        exact = [learner for learner in fitting if row.household and learner.household == row.household]
        carers = self.records.guardians.get((row.village, row.name, row.child), ()) if row.child else ()
        caring = {person.person for person in carers}
        known = [learner for learner in exact or fitting if learner.person.person in caring]
        strange = [Learner(person, row.village, "") for person in carers] if not known else []
        return known or strange or exact or fitting

    def _entry(self, person: OnRecord) -> Entry:
        known = self.of_person.get(person.person)
        if known is None:
            known = self.of_person[person.person] = Entry(person.name, person)
            self.found.entries.append(known)
        return known

    def _new(self, row: Row) -> Entry:
        made = Entry(row.name, None, number=row if row.phone else None)
        self.found.entries.append(made)
        return made

    def _ask(self, doubt: Doubt) -> str:
        """The answer where there is one among the choices."""
        self.found.doubts.append(doubt)
        answer = self.answers.get(doubt.key, "")
        return answer if answer in doubt.choices.split(",") else ""

    def refuse_contradictions(self) -> None:
        """One person with two numbers or two households in one village: writing both would swap them every time."""
        for entry in self.found.entries:
            self._differing(entry.rows, "phone", "two_phones")
            for village in entry.places:
                here = [row for row in entry.rows if row.village == village]
                self._differing(here, "household", "two_households")
        for entries in self.named.values():
            self._same_household(entries)

    def _differing(self, rows: Iterable[Row], what: str, code: str) -> None:
        said = sorted((row for row in rows if getattr(row, what)), key=lambda row: row.number)
        for row in said[1:]:
            if getattr(row, what) != getattr(said[0], what):
                self.found.faults.append(Fault(row.number, what, code, str(said[0].number)))

    def _same_household(self, entries: Sequence[Entry]) -> None:
        """Two people of one name in one household: a number was typed wrongly."""
        first: dict[tuple[int, str], Row] = {}
        for entry in entries:
            for row in entry.rows:
                before = first.setdefault((row.village, row.household), row) if row.household else row
                if before not in entry.rows:
                    self.found.faults.append(Fault(row.number, "phone", "two_phones", str(before.number)))
