from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import access, phones, roles
from accounts.models.units import Unit
from accounts.scopes import Scope, ScopedModel, ScopedQuerySet
from portal.kernel.fields import EncryptedTextField, PathField
from portal.kernel.models import StampedModel


class PersonManager(BaseUserManager["Person"]):
    def get_queryset(self) -> ScopedQuerySet[Person]:
        return ScopedQuerySet(self.model, using=self._db)

    def within(self, scope: Scope) -> ScopedQuerySet[Person]:
        return self.get_queryset().within(scope)

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=username)


class Person(AbstractBaseUser, StampedModel, ScopedModel):
    """One human: parent, grandparent, teacher, lecturer, clerk. The account that signs in, where there is one.

    The phone is kept encrypted, with a keyed index of the normalised number and its last four digits. Several
    people may share a phone. No identity-card number is kept anywhere. `password_due_at` is set while the password
    is a one-time one, `password_set_at` when the person chose an own one. Raising `session_generation` ends every
    open session. A record that turned out to be a second one of somebody is `joined_into` the other and signs in no
    more.
    """

    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=60, db_index=True)
    username = models.CharField(_("user name"), max_length=60, unique=True, null=True, blank=True)
    phone = EncryptedTextField(_("phone"), max_length=64)
    phone_index = models.CharField(max_length=32, blank=True, db_index=True, editable=False)
    phone_tail = models.CharField(
        _("last four digits"), max_length=4, blank=True, db_index=True, editable=False
    )
    home = models.ForeignKey(
        Unit,
        verbose_name=_("home unit"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="people",
    )
    path = PathField()
    is_active = models.BooleanField(_("may sign in"), default=True)
    password_due_at = models.DateTimeField(_("password to be changed by"), null=True, editable=False)
    password_set_at = models.DateTimeField(_("password chosen at"), null=True, editable=False)
    session_generation = models.PositiveIntegerField(default=0, editable=False)
    joined_into = models.ForeignKey(
        "self",
        verbose_name=_("joined into"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="joined",
    )
    is_demo = models.BooleanField(_("demo person"), default=False, editable=False)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["name"]

    objects: ClassVar[PersonManager] = PersonManager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")

    def __str__(self) -> str:
        return self.name

    @property
    def masked_phone(self) -> str:
        return phones.mask(self.phone)

    @property
    def told_apart(self) -> str:
        """The name with what tells namesakes apart, for those who pick a person."""
        return " · ".join(str(part) for part in (self.name, self.home, self.masked_phone) if part)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        """A session lives as long as the password and the generation it began under."""
        salt = "accounts.Person.get_session_auth_hash"
        value = f"{self.session_generation}:{self.password}"
        return salted_hmac(salt, value, secret=secret, algorithm="sha256").hexdigest()

    # What the admin and the API framework ask of an account; the answers come from role assignments alone.

    @property
    def is_staff(self) -> bool:
        return self.is_active and any(a.definition.is_staff for a in access.assignments_of(self))

    @property
    def is_superuser(self) -> bool:
        return False

    def has_perm(self, permission: str, obj: models.Model | None = None) -> bool:
        return access.allows(self, permission, obj)

    def has_perms(self, permissions: list[str], obj: models.Model | None = None) -> bool:
        return all(access.allows(self, permission, obj) for permission in permissions)

    def has_module_perms(self, app_label: str) -> bool:
        return any(permission.startswith(f"{app_label}.") for permission in access.permissions_of(self))


class RoleAssignment(StampedModel, ScopedModel):
    """A person is something somewhere, from a day until (not including) another.

    `path` is the unit's, or that of one class inside it: a class teacher's reach. An acting duty names who gave
    it and lasts at most 30 days.
    """

    person = models.ForeignKey(
        Person, verbose_name=_("person"), on_delete=models.PROTECT, related_name="assignments"
    )
    role = models.CharField(_("role"), max_length=20, choices=roles.choices)
    unit = models.ForeignKey(
        Unit, verbose_name=_("unit"), on_delete=models.PROTECT, related_name="assignments"
    )
    path = PathField()
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until"), null=True, blank=True)
    given_by = models.ForeignKey(
        Person,
        verbose_name=_("given by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_acting = models.BooleanField(_("acting"), default=False)

    class Meta:
        verbose_name = _("role assignment")
        verbose_name_plural = _("role assignments")
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="assignment_ends_after_it_begins",
                violation_error_message=_("The end must not lie before the beginning."),
            ),
            models.CheckConstraint(
                condition=Q(is_acting=False) | Q(valid_until__isnull=False),
                name="assignment_acting_ends",
                violation_error_message=_("An acting duty needs an end, at most 30 days on."),
            ),
            models.UniqueConstraint(
                fields=["person", "role", "path"],
                condition=Q(valid_until=None),
                name="assignment_open_once",
                violation_error_message=_("This person already holds this role here."),
            ),
        ]
        indexes = [models.Index(fields=["person", "valid_from"], name="assignment_person")]

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()} · {self.unit}"

    @property
    def definition(self) -> roles.Role:
        return roles.ROLES[self.role]

    def get_role_display(self) -> str:  # type: ignore[no-redef]  # the stubs know Django's own
        """As Django's own, which makes the list of all roles anew for each row."""
        return str(self.definition.name)

    def holds_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)
