"""Which WeChat account opens the door for whom."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from accounts.models import Person, WeChatBinding
from portal.kernel import audit
from portal.kernel.crypto import blind_index
from portal.kernel.errors import PortalError


class BindingRefused(PortalError):
    code = "wechat_binding_refused"


def index_of(openid: str) -> str:
    return blind_index(openid, "wechat openid")


def person_of(openid: str) -> Person | None:
    held = WeChatBinding.objects.filter(openid_index=index_of(openid)).select_related("person").first()
    return held.person if held else None


@transaction.atomic
def bind_wechat(person: Person, *, openid: str, now: datetime) -> WeChatBinding:
    """From now on this account opens the door for the person; another one of theirs opens it no more. Binding the same
    again changes nothing. Raises BindingRefused for staff, and where the account opens the door for somebody else."""
    person = Person.objects.select_for_update().get(pk=person.pk)
    if person.is_staff:
        raise BindingRefused(_("Staff sign in with their password and a second factor."))
    held = WeChatBinding.objects.filter(openid_index=index_of(openid)).first()
    if held is not None and held.person_id == person.pk:
        return held
    if held is not None:
        raise _taken()
    WeChatBinding.objects.filter(person=person).delete()
    try:
        with transaction.atomic():
            made = WeChatBinding.objects.create(
                person=person, openid=openid, openid_index=index_of(openid), bound_at=now
            )
    except IntegrityError:  # another press was quicker
        raise _taken() from None
    audit.record("wechat.bind", actor=person, now=now, obj=person, path=person.path)
    return made


@transaction.atomic
def unbind_wechat(person: Person, *, now: datetime) -> None:
    """The account opens nothing any more. A second call changes nothing."""
    if WeChatBinding.objects.filter(person=person).delete()[0]:
        audit.record("wechat.unbind", actor=person, now=now, obj=person, path=person.path)


def _taken() -> BindingRefused:
    return BindingRefused(
        _("This WeChat is bound to somebody else. Unbind it there first, or use the other's WeChat.")
    )
