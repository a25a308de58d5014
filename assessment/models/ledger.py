from django.db import models
from django.db.models import Q
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from assessment.enums import Cap, EntryReason, Posting
from assessment.models.rules import PointRule, SchemeVersion
from events.models import EventKind
from portal.kernel.models import Run


class Batch(ScopedModel):
    """The lines posted in one go, and a link of a chain. The table only grows.

    `head` is the SHA-256 of the head before it in the same chain, what was posted, the digests of the rule versions
    used, and the lines in the order in which they were posted. Each shard of the night keeps a chain; what a county
    posts by hand has one of its own. `version` is the scheme version whose publication, or withdrawal, is posted;
    `undoes` the batch that this one takes back.
    """

    org_path = "unit"

    chain = models.CharField(_("chain"), max_length=24)
    unit = models.ForeignKey(
        Unit, verbose_name=_("for the people of"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    number = models.PositiveIntegerField(_("number"))
    run = models.ForeignKey(
        Run, verbose_name=_("run"), null=True, on_delete=models.PROTECT, related_name="batches"
    )
    posted_on = models.DateField(_("posted on"))
    lines = models.PositiveIntegerField(_("lines"))
    points = models.BigIntegerField(_("sum of points"))
    head = models.CharField(_("chain head"), max_length=64)
    kind = models.CharField(_("posted for"), max_length=10, choices=Posting.choices, default=Posting.NIGHT)
    version = models.ForeignKey(
        SchemeVersion,
        verbose_name=_("scheme version"),
        null=True,
        on_delete=models.PROTECT,
        related_name="batches",
    )
    undoes = models.OneToOneField(
        "self", verbose_name=_("takes back"), null=True, on_delete=models.PROTECT, related_name="undone_by"
    )
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("posting")
        verbose_name_plural = _("postings")
        constraints = [models.UniqueConstraint(fields=["chain", "number"], name="batch_next_in_chain")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {date_format(self.posted_on)}"


class PointEntry(ScopedModel):
    """One line of the ledger. The table only grows: the database refuses UPDATE and DELETE.

    The key says the cause, and so makes a replay a silent success:

    | line        | key                                            |
    |-------------|------------------------------------------------|
    | earned      | `source:source_id:person:rule_code:ordinal`    |
    | reversal    | `x:` + key of the line it reverses             |
    | adjustment  | `adjustment:id` of the `Adjustment`            |
    | spending    | `spending:id` of the `Spending`                |

    The ordinal counts the lines of one cause: 1, and one more each time the cause was reversed and is due again.
    `quantity` is by what the rule multiplied (lesson periods, hours; 1 where it gives each time) and `kind` the kind
    of event, so that a line explains itself: points + cut = points of the rule × quantity.
    A line of 0 points is a fact that a cap shut out; `cut` says how much, `cut_by` which cap.
    """

    org_path = "person"

    key = models.CharField(max_length=120)
    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="points", db_index=False
    )
    rule = models.ForeignKey(
        PointRule,
        verbose_name=_("rule"),
        null=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_index=False,
    )
    points = models.IntegerField(_("points"))
    quantity = models.PositiveIntegerField(_("quantity"), default=1)
    source = models.CharField(_("source"), max_length=30)
    source_id = models.BigIntegerField(_("record"))
    kind = models.ForeignKey(
        EventKind,
        verbose_name=_("kind of event"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    unit = models.ForeignKey(
        Unit,
        verbose_name=_("where"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    happened_on = models.DateField(_("happened on"))
    posted_on = models.DateField(_("posted on"))
    reason = models.CharField(_("reason"), max_length=12, choices=EntryReason.choices)
    reverses = models.ForeignKey(
        "self",
        verbose_name=_("reverses"),
        null=True,
        on_delete=models.PROTECT,
        related_name="reversals",
        db_index=False,
    )
    cut = models.PositiveIntegerField(_("cut by a cap"), default=0)
    cut_by = models.CharField(_("which cap"), max_length=10, choices=Cap.choices, blank=True)
    batch = models.ForeignKey(
        Batch, verbose_name=_("posting"), on_delete=models.PROTECT, related_name="entries"
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("point entry")
        verbose_name_plural = _("point ledger")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="entry_of_one_cause"),
            models.UniqueConstraint(
                fields=["reverses"], condition=Q(reverses__isnull=False), name="entry_reversed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["person", "posted_on"], name="entry_person_posted"),
            models.Index(fields=["source", "source_id"], name="entry_cause"),
        ]

    def __str__(self) -> str:
        worth = ngettext("%(worth)s point", "%(worth)s points", self.points) % {"worth": self.points}
        return f"{self.person} · {date_format(self.happened_on)} · {worth}"


class DirtyPerson(models.Model):
    """A person whose facts changed since the night last looked. Written by triggers on the tables of facts, in the
    transaction of the change itself; taken away by the night that has seen it. One person may stand here often."""

    person = models.ForeignKey(
        Person, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )

    is_spread = models.BooleanField(default=False, db_default=False)
    """Whether the person's family has been noted with them, where rules count for families."""

    class Meta:
        verbose_name = _("person to look at again")
        verbose_name_plural = _("people to look at again")

    def __str__(self) -> str:
        return str(self.person_id)


class Standing(ScopedModel):
    """What the ledger says of a person by `posted_on`. Disposable: rebuilt byte for byte.

    `day` is the last day that changed it: of a line posted, or of the begin of a counting period or rule version.
    """

    org_path = "person"

    day = models.DateField(_("unchanged since"))
    person = models.OneToOneField(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="standing"
    )
    version = models.ForeignKey(
        SchemeVersion,
        verbose_name=_("scheme version"),
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    points = models.IntegerField(_("points that count"))
    points_ever = models.IntegerField(_("points ever"), help_text=_("What was spent stays in."))
    available = models.IntegerField(
        _("points to spend"), default=0, help_text=_("What was spent or has expired is taken off.")
    )
    star = models.PositiveSmallIntegerField(_("star"), default=0)

    class Meta:
        verbose_name = _("standing")
        verbose_name_plural = _("standings")

    def __str__(self) -> str:
        return f"{self.person} · {date_format(self.day)} · {self.points}"


ID_WIDTH = 10
"""Digits of each id in a lineage."""


class UnitMetric(ScopedModel):
    """One number of one unit on one day: `value`, out of `base` where there is one.

    `lineage` holds the ids of the units above it that day and of itself, county first, ten digits each, so that
    everything that was below a unit is one range of lineages.
    """

    org_path = "unit"

    day = models.DateField(_("as of"))
    unit = models.ForeignKey(Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="metrics")
    metric = models.CharField(_("what"), max_length=40)
    value = models.BigIntegerField(_("value"))
    base = models.BigIntegerField(_("out of"), null=True)
    lineage = models.CharField(max_length=80, db_index=True)

    class Meta:
        verbose_name = _("unit metric")
        verbose_name_plural = _("unit metrics")
        constraints = [models.UniqueConstraint(fields=["day", "metric", "unit"], name="metric_once")]

    def __str__(self) -> str:
        return f"{self.unit} · {date_format(self.day)}"
