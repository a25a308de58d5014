from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from parentschool.enums import RequestStatus, Wish
from parentschool.models.families import Child
from portal.kernel.models import StampedModel


class DataRequest(StampedModel, ScopedModel):
    """What a person asks about the own or a child's data, answered in writing by the school or whoever stands above
    it, within fifteen working days (个人信息保护法 50, 儿童个人信息网络保护规定 19–20)."""

    org_path = "unit"

    person = models.ForeignKey(
        Person, verbose_name=_("asked by"), on_delete=models.PROTECT, related_name="data_requests"
    )
    child = models.ForeignKey(
        Child,
        verbose_name=_("child"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="data_requests",
    )
    unit = models.ForeignKey(
        Unit, verbose_name=_("answered by unit"), on_delete=models.PROTECT, related_name="data_requests"
    )
    kind = models.CharField(_("wish"), max_length=12, choices=Wish.choices)
    words = models.CharField(_("in own words"), max_length=500, blank=True)
    asked_at = models.DateTimeField(_("asked at"))
    due_on = models.DateField(_("to be answered by"))
    status = models.CharField(
        _("state"), max_length=10, choices=RequestStatus.choices, default=RequestStatus.OPEN
    )
    answered_by = models.ForeignKey(
        Person, verbose_name=_("answered by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered at"), null=True)
    answer = models.CharField(_("answer"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("request about own data")
        verbose_name_plural = _("requests about own data")
        ordering = ["due_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "kind", "child"],
                condition=Q(status="open", child__isnull=False),
                name="data_request_open_once_a_child",
            ),
            models.UniqueConstraint(
                fields=["person", "kind"],
                condition=Q(status="open", child=None),
                name="data_request_open_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.person}"

    @property
    def is_open(self) -> bool:
        return self.status == RequestStatus.OPEN
