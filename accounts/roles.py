"""Roles are data: what each may do, in its own place or in the whole unit around it.

Permissions are spelt as Django spells them, `app.verb_model`. The person of a role may do `here` inside the path
of the assignment (for a class teacher: the class), and `in_unit` inside the unit of the assignment.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Level


def may(app: str, *grants: str) -> frozenset[str]:
    """Permissions from phrases such as "view,add,change: child guardianship"."""
    return frozenset(
        f"{app}.{verb.strip()}_{model}"
        for grant in grants
        for verbs, models in [grant.split(":")]
        for verb in verbs.split(",")
        for model in models.split()
    )


@dataclass(frozen=True)
class Role:
    """`levels` says at which units the role may be held; one that is held `inside` needs a place within its unit
    (a class). `appoints` names the roles that its holder may give and end, inside the own reach."""

    code: str
    name: str | Promise
    levels: frozenset[Level]
    here: frozenset[str]
    in_unit: frozenset[str] = frozenset()
    is_staff: bool = True
    inside: bool = False
    appoints: frozenset[str] = frozenset()

    @property
    def permissions(self) -> frozenset[str]:
        return self.here | self.in_unit


ACTING_DAYS = 30
"""The longest acting duty, in days."""

LOOK_AROUND = may("accounts", "view: unit")
SEE_FAMILIES = may(
    "parentschool", "view: schoolclass classteammember child guardianship membership homevisit"
)
SEND_MESSAGES = may("parentschool", "view,add,change: schoolmessage")
"""A school's voice is the school's alone: whoever appoints its lead does not write in its name."""
SEE_EVENTS = may("events", "view: event attendance eventkind record recordkind") | may(
    "training", "view: lecturer"
)
SEE_RESULTS = may("assessment", "view: standing pointentry unitmetric certificate")
ANSWER_OBJECTIONS = may("assessment", "view,decide: objection")
SEE_RULES = may("assessment", "view: requirement pointscheme schemeversion pointrule capgroup starlevel")
SEE_APPRAISALS = may("assessment", "view: appraisalscheme section indicator appraisal mark evidence")

KEEP_FAMILIES = (
    SEE_FAMILIES
    | may("parentschool", "add,change: schoolclass classteammember child guardianship membership homevisit")
    | may("parentschool", "import: roster", "export: child guardianship membership homevisit")
    | may(
        "parentschool", "view,change: datarequest", "view,decide: claim", "view: bindingreport schoolmessage"
    )
    | may("accounts", "view,add,change,unmask,export: person")
)
HOLD_EVENTS = (
    SEE_EVENTS
    | may("events", "add,change: event attendance record", "lead_enter: record", "book: reservation")
    | may("events", "export: event attendance")
)

COUNTY_WORK = (
    LOOK_AROUND
    | KEEP_FAMILIES
    | HOLD_EVENTS
    | SEE_RESULTS
    | ANSWER_OBJECTIONS
    | SEE_RULES
    | SEE_APPRAISALS
    | may(
        "accounts",
        "add,change,import: unit",
        "view: unitplacement roleassignment region purpose purposetext personincharge consent",
    )
    | may("training", "add,change: lecturer")
    | may("events", "county_enter: record")
    | may("assessment", "county_score,self_score,export: appraisal", "add: appraisal", "export: pointentry")
    | may("assessment", "view,add,approve: adjustment", "view,add: spending")
    | may("kernel", "view: run")
)
COUNTY_RULE = (
    COUNTY_WORK
    | may("accounts", "add,change: roleassignment personincharge", "add: purposetext", "place: unit")
    | may("events", "add,change: eventkind recordkind")
    | may(
        "assessment",
        "add,change: pointscheme schemeversion pointrule capgroup starlevel appraisalscheme section indicator",
        "publish: schemeversion",
        "view,reverse: batch",
        "change: certificate",
        "add,change: requirement",
    )
    | may("kernel", "view: auditentry", "recount: run", "view,add,change: specialday")
    | may("axes", "view,unlock: accessattempt")
)

_DEFINED = [
    Role(
        "county_admin",
        _("county administrator"),
        frozenset({Level.COUNTY}),
        COUNTY_RULE,
        appoints=frozenset(
            {
                "county_admin",
                "county_staff",
                "station_lead",
                "school_lead",
                "class_teacher",
                "lecturer",
                "inspector",
                "liaison",
            }
        ),
    ),
    Role("county_staff", _("county staff"), frozenset({Level.COUNTY}), COUNTY_WORK),
    Role(
        "station_lead",
        _("station lead"),
        frozenset({Level.STATION}),
        LOOK_AROUND
        | KEEP_FAMILIES
        | HOLD_EVENTS
        | SEE_RESULTS
        | ANSWER_OBJECTIONS
        | SEE_APPRAISALS
        | may("accounts", "change: unit", "view,add,change: roleassignment")
        | may("assessment", "self_score: appraisal"),
        appoints=frozenset({"school_lead", "class_teacher", "lecturer"}),
    ),
    Role(
        "school_lead",
        _("parent-school lead"),
        frozenset({Level.SCHOOL}),
        LOOK_AROUND
        | KEEP_FAMILIES
        | SEND_MESSAGES
        | HOLD_EVENTS
        | SEE_RESULTS
        | ANSWER_OBJECTIONS
        | SEE_APPRAISALS
        | may("accounts", "view,add,change: roleassignment")
        | may("assessment", "self_score: appraisal"),
        appoints=frozenset({"class_teacher", "lecturer"}),
    ),
    Role(
        "class_teacher",
        _("class teacher"),
        frozenset({Level.SCHOOL}),
        SEE_FAMILIES
        | SEND_MESSAGES
        | may(
            "parentschool",
            "add,change: child guardianship homevisit",
            "view,decide: claim",
            "view: bindingreport",
        )
        | may("events", "book: reservation")
        | may("accounts", "unmask: person"),
        in_unit=LOOK_AROUND | SEE_EVENTS | may("events", "add,change: attendance", "add: record"),
        inside=True,
    ),
    Role(
        "lecturer",
        _("lecturer"),
        frozenset({Level.COUNTY, Level.STATION, Level.SCHOOL}),
        LOOK_AROUND | may("events", "view: event eventkind"),
    ),
    Role(
        "inspector",
        _("inspector"),
        frozenset({Level.COUNTY}),
        LOOK_AROUND
        | SEE_EVENTS
        | SEE_RESULTS
        | SEE_APPRAISALS
        | may("parentschool", "view: schoolclass homevisit")
        | may("assessment", "county_score,export: appraisal"),
    ),
    Role(
        "liaison",
        _("department liaison"),
        frozenset({Level.DEPARTMENT}),
        LOOK_AROUND | may("events", "view,add,change: event", "view: attendance eventkind"),
    ),
]

ROLES: dict[str, Role] = {role.code: role for role in _DEFINED}


def choices() -> list[tuple[str, str | Promise]]:
    return [(role.code, role.name) for role in _DEFINED]


def may_give(giver: Role, role: Role, *, acting: bool) -> bool:
    """Whether the holder of one role may give another: the named ones, and the own one as an acting duty."""
    return role.code in giver.appoints or (acting and role.code == giver.code and bool(giver.appoints))
