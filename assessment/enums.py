from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class VersionStatus(models.TextChoices):
    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    WITHDRAWN = "withdrawn", _("withdrawn")


BINDING = (VersionStatus.PUBLISHED, VersionStatus.WITHDRAWN)
"""Versions under which lines may stand in the ledger."""


class Counting(models.TextChoices):
    """Over which period the points of a standing and a star are summed."""

    EVER = "ever", _("all points ever")
    SCHOOL_YEAR = "school_year", _("points of the school year")
    CALENDAR_YEAR = "calendar_year", _("points of the calendar year")


class Effect(models.TextChoices):
    """What a rule does with the facts that it names."""

    EARN = "earn", _("gives points")
    DEDUCT = "deduct", _("takes points away")
    VOID = "void", _("voids the points of the same event")
    SPEND = "spend", _("points are spent")


class Per(models.TextChoices):
    OCCURRENCE = "occurrence", _("each time")
    LESSON = "lesson", _("each lesson period of 45 minutes")
    HOUR = "hour", _("each full hour")
    QUANTITY = "quantity", _("each unit of quantity")


class Holder(models.TextChoices):
    """For whom is counted: once, up to a cap, every third time."""

    PERSON = "person", _("each person")
    CHILD = "child", _("each child")
    FAMILY = "family", _("each family")


class PersonRole(models.TextChoices):
    """As what a person earns."""

    PARENT = "parent", _("mother or father")
    GRANDPARENT = "grandparent", _("grandparent")
    OTHER = "other", _("other guardian")
    NONE = "none", _("nobody's guardian")


class Validity(models.TextChoices):
    SCHOOL_YEAR = "school_year", _("to the end of the school year")
    CALENDAR_YEAR = "calendar_year", _("to the end of the calendar year")
    MONTHS = "months", _("for so many months")


class Cap(models.TextChoices):
    """What may have kept points back, in the order in which equal caps are named."""

    VOID = "void", _("voided")
    ONCE = "once", _("only once")
    EVENT = "event", _("limit of the event")
    DAY = "day", _("limit of the day")
    WEEK = "week", _("limit of the week")
    MONTH = "month", _("limit of the month")
    TERM = "term", _("limit of the term")
    YEAR = "year", _("limit of the school year")
    CALENDAR = "calendar", _("limit of the calendar year")
    EVER = "ever", _("limit for good")
    GROUP = "group", _("limit over several rules")
    TOTAL = "total", _("limit of the day over all rules")


SPANS = (Cap.DAY, Cap.WEEK, Cap.MONTH, Cap.TERM, Cap.YEAR, Cap.CALENDAR, Cap.EVER)
"""Caps that are periods of days."""


class Span(models.TextChoices):
    """Within which period times are counted, as the caps name them."""

    DAY = "day", _("a day")
    WEEK = "week", _("a week")
    MONTH = "month", _("a month")
    TERM = "term", _("a term")
    YEAR = "year", _("a school year")
    CALENDAR = "calendar", _("a calendar year")
    EVER = "ever", _("all time")


class StarBasis(models.TextChoices):
    POINTS = "points", _("points")
    HOURS = "hours", _("hours of service")
    COUNT = "count", _("number of times")


class EntryReason(models.TextChoices):
    EARNED = "earned", _("earned")
    CORRECTION = "correction", _("a record was corrected")
    RULE_CHANGE = "rule_change", _("the rules changed")
    CAP_CHANGE = "cap_change", _("room under a cap changed")
    ADJUSTMENT = "adjustment", _("adjusted by hand")
    SPENT = "spent", _("points spent")
    REVERSAL = "reversal", _("a posting was reversed")


class Posting(models.TextChoices):
    """What a batch of lines was posted for."""

    NIGHT = "night", _("the night")
    RULES = "rules", _("new rules")
    HAND = "hand", pgettext_lazy("posting", "by hand")
    REVERSAL = "reversal", _("reversal of a posting")


class SpendingPace(models.TextChoices):
    """How often a person may hand points in for something."""

    NEVER = "never", _("never")
    ANY = "any", _("any time")
    MONTH = "month", _("once a month")
    QUARTER = "quarter", _("once a quarter")
    TERM = "term", _("once a term")
    YEAR = "year", _("once a school year")


class AdjustmentStatus(models.TextChoices):
    PENDING = "pending", _("waiting for a second person")
    POSTED = "posted", _("posted")
    REFUSED = "refused", _("refused")


class Scoring(models.TextChoices):
    MANUAL = "manual", _("by hand")
    RATIO_BANDS = "ratio_bands", _("by bands of a ratio")
    COUNT_BANDS = "count_bands", _("by bands of a count")


class AppraisalStatus(models.TextChoices):
    OPEN = "open", _("self-scoring")
    SELF_SCORED = "self_scored", _("self score handed in")
    COUNTY_SCORED = "county_scored", _("scored by the county")


class AppraisalStep(models.TextChoices):
    """What moves an appraisal from one status to another."""

    HAND_IN = "hand_in", _("hand in the self score")
    SEND_BACK = "send_back", _("send back to the unit")
    SETTLE = "settle", _("settle the county score")
    REOPEN = "reopen", _("score again")


class AppraisalYear(models.TextChoices):
    """Which days an appraisal's year has; the school year of 2026 begins on 1 September 2026."""

    SCHOOL = "school", _("school year")
    CALENDAR = "calendar", _("calendar year")


class Side(models.TextChoices):
    """Who puts evidence beside a mark: the unit, or those who inspect it."""

    UNIT = "unit", _("the unit")
    COUNTY = "county", _("the county")


class RequiredPer(models.TextChoices):
    """In which period a statutory minimum has to be met."""

    TERM = "term", _("term")
    SCHOOL_YEAR = "school_year", _("school year")
    CALENDAR_YEAR = "calendar_year", _("calendar year")


class ObjectionStatus(models.TextChoices):
    OPEN = "open", _("waiting for an answer")
    UPHELD = "upheld", _("upheld")
    REFUSED = "refused", pgettext_lazy("objection", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("objection", "withdrawn")


class Remedy(models.TextChoices):
    """How an upheld objection is made good."""

    POINTS = "points", _("points by hand")
    RECORD = "record", _("the record corrected")


class Unfit(models.TextChoices):
    """Why somebody stands too near to an objection to decide it."""

    OWN = "own", _("This is your own objection. Somebody else decides it.")
    RECORDED = "recorded", _("You recorded what is objected to. Somebody else decides it.")
    RELATIVE = "relative", _("You care for the same child as the parent. Somebody else decides it.")
    JUDGED = (
        "judged",
        _("You decided an earlier objection against this line. Somebody else decides this one."),
    )


class NightStep(models.TextChoices):
    """What the night counts: points for each shard, then figures and open sheets of each county."""

    POINTS = "points", pgettext_lazy("step of the night", "points")
    FIGURES = "metrics", pgettext_lazy("step of the night", "figures of the units")
    SHEETS = "appraisal", pgettext_lazy("step of the night", "appraisal sheets")


class PartState(models.TextChoices):
    """How one part of a night stands: a step of one shard, on one day."""

    DONE = "done", pgettext_lazy("part of a night", "counted")
    RUNNING = "running", pgettext_lazy("part of a night", "being counted")
    WAITING = "waiting", pgettext_lazy("part of a night", "waits for the points")
    FAILED = "failed", pgettext_lazy("part of a night", "failed")
    STUCK = "stuck", pgettext_lazy("part of a night", "cut off")
    MISSING = "missing", pgettext_lazy("part of a night", "not begun")
    CAUGHT_UP = "caught_up", pgettext_lazy("part of a night", "made up for later")
    NOTHING = "nothing", pgettext_lazy("part of a night", "nothing to count")


BROKEN = (PartState.FAILED, PartState.STUCK)
RECOUNTABLE = (*BROKEN, PartState.MISSING)
SETTLED = (PartState.DONE, PartState.CAUGHT_UP, PartState.NOTHING)
"""Parts of a night that need nothing more."""
