from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Gender(models.TextChoices):
    GIRL = "f", _("girl")
    BOY = "m", _("boy")


class Relation(models.TextChoices):
    MOTHER = "mother", _("mother")
    FATHER = "father", _("father")
    PATERNAL_GRANDMOTHER = "grandma_p", _("paternal grandmother")
    PATERNAL_GRANDFATHER = "grandpa_p", _("paternal grandfather")
    MATERNAL_GRANDMOTHER = "grandma_m", _("maternal grandmother")
    MATERNAL_GRANDFATHER = "grandpa_m", _("maternal grandfather")
    OTHER = "other", _("other guardian")


GRANDPARENTS = (
    Relation.PATERNAL_GRANDMOTHER,
    Relation.PATERNAL_GRANDFATHER,
    Relation.MATERNAL_GRANDMOTHER,
    Relation.MATERNAL_GRANDFATHER,
)


class TeamDuty(models.TextChoices):
    """The "1+3" team of a class: the class teacher and three who share the two educations."""

    HEAD = "head", _("class teacher")
    FAMILY = "family", _("family-education teacher")
    MIND = "mind", _("mental-health teacher")
    MORAL = "moral", _("moral-education teacher")


class VisitOutcome(models.TextChoices):
    ATTEMPT = "attempt", _("went, met nobody")
    CONTACT = "contact", _("met the family")


class Wish(models.TextChoices):
    """What somebody may ask of their own or their child's data (个人信息保护法 44–48)."""

    CORRECT = "correct", _("correct something")
    ERASE_CHILD = "erase_child", _("erase my child's data")
    EXPLAIN = "explain", _("explain what is done with the data")
    OTHER = "other", _("something else")


class RequestStatus(models.TextChoices):
    OPEN = "open", _("not answered yet")
    GRANTED = "granted", _("done")
    REFUSED = "refused", _("refused")
    WITHDRAWN = "withdrawn", _("taken back")


class MembershipSource(models.TextChoices):
    ROSTER = "roster", _("roster import")
    STAFF = "staff", _("entered by staff")
    WALK_IN = "walk_in", _("walk-in at an event")
    CLAIM = "claim", _("own registration")


class ClaimStatus(models.TextChoices):
    """Of a parent's claim to a child."""

    PENDING = "pending", _("waiting for the school")
    MATCHED = "matched", _("bound by the number")
    APPROVED = "approved", _("bound by the school")
    REFUSED = "refused", pgettext_lazy("claim", "refused")
    WITHDRAWN = "withdrawn", pgettext_lazy("claim", "taken back")
    UNDONE = "undone", pgettext_lazy("claim", "undone")


CLAIM_BOUND = (ClaimStatus.MATCHED, ClaimStatus.APPROVED)


class ReportStatus(models.TextChoices):
    """Of a report that a binding is wrong."""

    OPEN = "open", pgettext_lazy("report", "open")
    UNDONE = "undone", pgettext_lazy("report", "undone")
    KEPT = "kept", pgettext_lazy("report", "found right")
