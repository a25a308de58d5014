from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Person


class CalendarLink(models.Model):
    """The secret address under which a phone's calendar reads a person's events. Of the secret only a digest is kept;
    a new link takes the place of the old one."""

    person = models.OneToOneField(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="calendar_link"
    )
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(_("made at"))

    class Meta:
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")

    def __str__(self) -> str:
        return str(self.person)
