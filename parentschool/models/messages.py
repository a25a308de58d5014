from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, Unit
from accounts.scopes import ScopedModel
from parentschool.models.classes import SchoolClass
from portal.kernel.fields import PathField
from portal.kernel.models import StampedModel

LONGEST = 1000
"""Signs of a message: what a phone shows without much scrolling."""


class SchoolMessage(StampedModel, ScopedModel):
    """What a parent school tells the parents of a class, or all its parents, in plain words. Nobody answers it here.

    Whom it reaches are the notices with its `cause`, written when it was sent: who joins later is not told. `token`
    makes a form that is sent twice one message. Taken back, it is shown to parents no more.
    """

    unit = models.ForeignKey(
        Unit, verbose_name=_("parent school"), on_delete=models.PROTECT, related_name="messages"
    )
    school_class = models.ForeignKey(
        SchoolClass,
        verbose_name=_("class"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="messages",
    )
    title = models.CharField(_("title"), max_length=40)
    text = models.TextField(_("message"), max_length=LONGEST)
    sent_by = models.ForeignKey(
        Person, verbose_name=_("sent by"), null=True, on_delete=models.PROTECT, related_name="+"
    )
    sent_at = models.DateTimeField(_("sent at"))
    taken_back_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    token = models.CharField(max_length=60, unique=True, editable=False)
    path = PathField(db_index=False)

    class Meta:
        verbose_name = _("message from the school")
        verbose_name_plural = _("messages from the school")
        ordering = ["-sent_at", "-pk"]
        indexes = [models.Index(fields=["path", "-sent_at"], name="message_of_place")]

    def __str__(self) -> str:
        return self.title

    @property
    def cause(self) -> str:
        """The cause of the notices that carry it."""
        return f"school_message:{self.pk}"
