from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Person
from accounts.scopes import ScopedModel
from assessment.models.rules import SchemeVersion


class RuleTrial(ScopedModel):
    """What a draft would change, counted on the real facts and written nowhere but here. Never edited.

    `rules` is the digest of the county's rules with the draft in force from `effective_from`, `lines` the SHA-256 of
    the lines that the night of `day` would post for it, shard by shard (`shards`: the digest of each). `facts` is the
    SHA-256 of the facts it was counted on, `heads` and `note` the state of the ledger and of the notes of changed
    people then: where they have moved on, records have changed since. `result` holds what is shown, cells of a few
    people left out.
    """

    org_path = "version__scheme__unit"

    version = models.ForeignKey(
        SchemeVersion, verbose_name=_("version"), on_delete=models.CASCADE, related_name="trials"
    )
    effective_from = models.DateField(_("in force from"))
    day = models.DateField(_("for the night of"))
    asked_by = models.ForeignKey(
        Person, verbose_name=_("tried by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(_("tried at"))
    rules = models.CharField(_("digest of the rules"), max_length=64)
    lines = models.CharField(_("digest of the lines"), max_length=64)
    facts = models.CharField(_("digest of the facts"), max_length=64)
    shards = models.JSONField(default=dict)
    heads = models.JSONField(default=dict)
    note = models.BigIntegerField(default=0)
    result = models.JSONField(default=dict)
    published_at = models.DateTimeField(_("published at"), null=True)

    class Meta:
        verbose_name = _("trial of rules")
        verbose_name_plural = _("trials of rules")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["version"],
                condition=models.Q(published_at__isnull=False),
                name="trial_published_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.made_at:%Y-%m-%d %H:%M}"


class TrialCrossing(ScopedModel):
    """A person whose star would be another by a trial: shown to those alone who may see this person's standing."""

    org_path = "person"

    trial = models.ForeignKey(RuleTrial, on_delete=models.CASCADE, related_name="crossings")
    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="+")
    star_before = models.PositiveSmallIntegerField(_("star before"))
    star_after = models.PositiveSmallIntegerField(_("star after"))
    points_before = models.IntegerField(_("points before"))
    points_after = models.IntegerField(_("points after"))

    class Meta:
        verbose_name = _("change of star by a trial")
        verbose_name_plural = _("changes of star by a trial")
        constraints = [models.UniqueConstraint(fields=["trial", "person"], name="crossing_once")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.star_before}→{self.star_after}"
