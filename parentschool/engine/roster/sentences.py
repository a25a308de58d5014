"""What people read about a list: what is wrong at a cell, what is doubtful, what would change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from parentschool.enums import Gender, Relation
from portal.kernel.spreadsheets.errors import DOUBTS as CELL_DOUBTS

FAULTS: dict[str, str | Promise] = {
    **{f"mark_{mark.name.lower()}": sentence for mark, sentence in CELL_DOUBTS.items()},
    "merged": _(
        "This cell is merged with another. Undo the merging and fill in every row: an empty cell never takes "
        "the value of the row above."
    ),
    "ditto": _("“Same as above” is not understood. Write the value itself into every row."),
    "not_text": _(
        "The spreadsheet has turned this cell into a date or a yes/no value. Set it to “Text” and type it again."
    ),
    "class_date": _("The spreadsheet has turned the class into a date. Write for example 三年级2班."),
    "no_child": _("The child's name is missing."),
    "no_class": _("The class is missing."),
    "no_school": _("The school is missing."),
    "no_guardian": _("There is a phone number, but not the name of the parent it belongs to."),
    "bad_name": _("This does not look like a person's name. Please check it."),
    "bad_gender": _("Write 男 or 女, or leave the cell empty."),
    "bad_phone": _("A mobile number has 11 digits and begins with 1; please check it."),
    "bad_relation": _("Write who this is to the child, for example 母亲 or 爷爷."),
    "unknown_school": _("No school of this name or code is found here. Please check it."),
    "which_school": _("Several schools have this name. Write the school's code instead."),
    "other_school": _("This row names another school than the one you are importing for."),
    "no_name": _("The name is missing."),
    "no_village": _("The village is missing."),
    "unknown_village": _("No village or community of this name or code is found here. Please check it."),
    "which_village": _("Several villages have this name. Write the village's code instead."),
    "other_village": _("This row names another village than the one you are importing for."),
    "which_person": _(
        "Several people of this name learn here. Write the phone number or the household, so that it is clear who is "
        "meant."
    ),
    "long_household": _("Write the household's number or its head in at most 30 characters."),
    "two_households": _(
        "Row %(detail)s puts the same person into another household. If these are two people, write their phone "
        "numbers, or the names apart, for example 王秀英大 and 王秀英小."
    ),
    "which_class": _("This grade has several classes. Write which one, for example 三年级2班."),
    "two_genders": _("Row %(detail)s gives the same child another gender."),
    "two_phones": _("Row %(detail)s gives the same person another number. Correct one of them."),
    "two_relations": _(
        "Row %(detail)s gives the same person another relation to the child. Correct one of them."
    ),
    "class": "%(detail)s",
}

DOUBTS: dict[str, Promise] = {
    "phone_name": _("The number of %(who)s is on record for %(other)s."),
    "phone_name_in_list": _("The number of %(who)s stands for %(other)s in row %(row)s."),
    "child_twice": _("%(who)s stands in row %(row)s of the same class already."),
    "moved_school": _("%(who)s, with the same parent, is on record at %(other)s."),
    "child_elsewhere": _(
        "%(who)s, with the same parent, is on this list in another class too (row %(row)s)."
    ),
    "child_elsewhere_stored": _("%(who)s, with the same parent, is on this list in another class too."),
    "came_back": _("%(who)s had left this class."),
    "ended": _("%(who)s is on record as no longer a guardian of this child."),
    "person_twice": _("%(who)s stands in row %(row)s already."),
    "first_number": _("%(who)s is on record here without a number."),
    "other_number": _("%(who)s is on record here with another number (ending in %(other)s)."),
    "other_number_several": _("Several people of the name %(who)s are on record here with other numbers."),
}

CHOICES: dict[tuple[str, str], Promise] = {
    ("phone_name", "apart"): _("Two people who share a number: register both"),
    ("phone_name", "rename"): _("The same person: correct the name"),
    ("child_twice", "same"): _(
        "One child: join the rows (if there are two, write the names apart in the file)"
    ),
    ("moved_school", "same"): _("The same child: move it to this class"),
    ("moved_school", "apart"): _("Another child: register it anew"),
    ("child_elsewhere", "apart"): _("Two children: register both"),
    ("came_back", "again"): _("The child is back: take it in again"),
    ("ended", "again"): _("Guardian again"),
    ("person_twice", "same"): _(
        "One person: join the rows (if there are two, write the household or the phone into the file)"
    ),
    ("first_number", "same"): _("The same person: add the number"),
    ("first_number", "apart"): _("Somebody else of this name: register anew"),
    ("other_number", "same"): _("The same person: change the number"),
    ("other_number", "apart"): _("Somebody else of this name: register anew"),
}

FIELDS: dict[str, Promise] = {
    "class": _("class"),
    "gender": _("gender"),
    "phone": _("phone"),
    "name": pgettext_lazy("person", "name"),
    "relation": _("relation"),
    "household": _("household"),
}
ELSEWHERE = _("another school")


def fault_sentence(code: str, detail: str | None) -> str:
    sentence = str(FAULTS[code])
    return sentence % {"detail": detail or ""} if "%(" in sentence else sentence


def doubt_sentence(doubt: Mapping[str, Any]) -> str:
    """`doubt` as a row of the plan's doubts, `other` already in words that the reader may see."""
    kind, row = doubt["kind"], doubt["other_row"]
    if kind == "phone_name" and row is not None:
        kind = "phone_name_in_list"
    if kind == "child_elsewhere" and row is None:
        kind = "child_elsewhere_stored"
    if kind == "other_number" and not doubt["other"]:
        kind = "other_number_several"
    return str(DOUBTS[kind] % {"who": doubt["who"], "other": doubt["other"], "row": row})


def choices_of(kind: str, choices: str) -> list[tuple[str, str]]:
    return [(choice, str(CHOICES[kind, choice])) for choice in choices.split(",")]


def masked_name(name: str) -> str:
    """王芳 → 王*: enough for who knows her, nothing for who does not."""
    return name[:1] + "*" * (len(name) - 1)


def shown_value(field: str, value: str, classes: Mapping[str, str]) -> str:
    """A stored value of a change in words; phones masked."""
    if not value:
        return "–"
    if field == "class":
        return classes.get(value, value)
    if field == "gender":
        return str(Gender(value).label)
    if field == "relation":
        relation, _sep, word = value.partition(":")
        return word or str(Relation(relation).label)
    if field == "phone":
        return f"{value[:3]}****{value[-4:]}" if len(value) > 4 else f"****{value}"
    return value


ROWS: dict[str, Promise] = {
    "create": _("rows with a new child"),
    "update": _("rows with something new about a child on record"),
    "same": _("rows as on record"),
    "suspect": _("rows with a question"),
    "error": _("rows with a fault"),
}
CREATED: dict[str, Promise] = {
    "classes": _("new classes"),
    "children": _("new children"),
    "people": _("new guardians"),
    "bonds": _("new guardianships"),
    "memberships": _("new learners of the school year"),
}
ROWS_OF_PEOPLE: dict[str, Promise] = ROWS | {
    "create": _("rows with somebody new"),
    "update": _("rows with something new about a person on record"),
}
CREATED_OF_PEOPLE: dict[str, Promise] = {
    "people": _("new people"),
    "memberships": _("new learners of the school year"),
}


def note_sentences(notes: Mapping[str, Any]) -> list[str]:
    """What else is worth knowing; nothing of it stands in the way."""
    said = []
    if notes.get("new_classes"):
        said.append(_("Classes that are created: %(names)s.") % {"names": "、".join(notes["new_classes"])})
    if notes.get("absent"):
        said.append(
            _("%(count)s children of these classes are not on the list. They stay as they are.")
            % {"count": notes["absent"]}
        )
    if notes.get("absent_people"):
        said.append(
            _("%(count)s learners of this school year are not on the list. They stay as they are.")
            % {"count": notes["absent_people"]}
        )
    if notes.get("strange_children"):
        said.append(
            _(
                "%(count)s rows name a child that is not on record with this person. Children are not stored from "
                "this list; they come with the class list of their school."
            )
            % {"count": notes["strange_children"]}
        )
    if notes.get("alone"):
        said.append(_("%(count)s children have no guardian on the list.") % {"count": notes["alone"]})
    if notes.get("unused"):
        said.append(
            _("Columns that are not used and not stored: %(names)s.") % {"names": "、".join(notes["unused"])}
        )
    if notes.get("relations"):
        said.append(
            _("Relations that are kept as they are written: %(words)s.")
            % {"words": "、".join(notes["relations"])}
        )
    if notes.get("kept"):
        said.append(
            _("These people sign in as staff, so their numbers are not changed by a list: %(names)s.")
            % {"names": "、".join(notes["kept"])}
        )
    return [str(sentence) for sentence in said]
