from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.people import Person
from portal.kernel.fields import EncryptedTextField


class WeChatBinding(models.Model):
    """The WeChat account that opens the door for a person: its openid, sealed, and the digest by which it is found.

    One account opens the door for one person, and a person has one."""

    person = models.OneToOneField(
        Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="wechat"
    )
    openid = EncryptedTextField()
    openid_index = models.CharField(max_length=32, unique=True, editable=False)
    bound_at = models.DateTimeField(_("bound at"))

    class Meta:
        verbose_name = _("WeChat binding")
        verbose_name_plural = _("WeChat bindings")

    def __str__(self) -> str:
        return str(self.person)
