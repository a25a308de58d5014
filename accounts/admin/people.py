from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import Prefetch, Q, QuerySet
from django.forms import Form, ModelForm
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts import phones, roles
from accounts.access import Refused, SignedInRequest, load_or_404, scope_for
from accounts.exports import ExportingAdmin
from accounts.forms import PersonForm, ReasonForm
from accounts.models import Person, RoleAssignment
from accounts.queries import perhaps_the_same
from accounts.reach import reaches
from accounts.refusals import tell_refusal
from accounts.resources import PersonResource
from accounts.scoped_admin import visible
from accounts.services import joining, passwords, people
from portal.kernel import clock
from portal.kernel.errors import PortalError

Act = Callable[[Person, str, Person], str]
"""Does something to a person for a reason on behalf of another; what is shown of it, once."""
MOST_DOUBLES = 50
"""Of one name; more are told apart by looking for the number."""


class RoleFilter(admin.SimpleListFilter):
    title = _("role")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return roles.choices()

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return (
            queryset.filter(pk__in=held_now().filter(role=self.value()).values("person"))
            if self.value()
            else queryset
        )


def held_now() -> QuerySet[RoleAssignment]:
    today = clock.today()
    return RoleAssignment.objects.filter(valid_from__lte=today).filter(
        Q(valid_until=None) | Q(valid_until__gt=today)
    )


@admin.register(Person)
class PersonAdmin(ExportingAdmin):
    """People of the own area. Numbers are shown by their ends; a whole one costs a reason and a line in the audit."""

    form = PersonForm
    resource_classes = [PersonResource]
    list_display = ("name", "shown_phone", "home", "shown_roles", "is_active")
    list_filter = (RoleFilter, "is_active")
    list_select_related = ("home",)
    list_only = ("name", "phone", "is_active", "home__name")
    search_fields = ("name__startswith", "phone_tail__exact", "username__exact")
    search_help_text = _("The beginning of the name, a user name, the last four digits or a whole number")
    ordering = ("-pk",)
    autocomplete_fields = ("home",)
    change_form_template = "admin/accounts/person/change_form.html"

    @admin.display(description=_("phone"))
    def shown_phone(self, person: Person) -> str:
        return person.masked_phone or "–"

    @admin.display(description=_("roles"))
    def shown_roles(self, person: Person) -> str:
        held = getattr(person, "held", [])
        return "、".join(f"{each.get_role_display()}（{each.unit}）" for each in held) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        held = Prefetch(
            "assignments",
            held_now().select_related("unit").only("person_id", "role", "unit__name"),
            to_attr="held",
        )
        return super().get_queryset(request).prefetch_related(held)

    def picked_as(self, person: Person) -> str:
        return person.told_apart

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        """A whole number is never looked up from an address, so that nobody has a reason to put one there."""
        if is_number(search_term):
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

    def get_fields(self, request: HttpRequest, obj: Person | None = None) -> list[str]:
        if obj and not self.has_change_permission(request, obj):
            return ["name", "username", "home", "shown_phone", "shown_roles"]
        return ["name", "username", "home", "number", *(["no_number"] if obj and obj.phone else [])]

    # ── Saving ───────────────────────────────────────────────────────────────

    def save_model(self, request: HttpRequest, obj: Person, form: ModelForm, change: bool) -> None:
        given, actor = form.cleaned_data, request.user
        kept: dict[str, Any] = {
            "name": given["name"],
            "username": given["username"] or "",
            "home": given["home"],
        }
        if change:
            saved = people.change_person(
                Person.objects.get(pk=obj.pk), **kept, phone=form.new_number(), actor=actor, now=clock.now()
            )
        else:
            saved = people.register_person(**kept, phone=given["number"], actor=actor, now=clock.now())
        obj.__dict__.update(saved.__dict__)

    def change_view(
        self, request: SignedInRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """With the acts that the visitor may do on this person."""
        person = self.get_object(request, object_id)
        may_hold = person is not None and self.has_change_permission(request, person)
        acts = {
            "unmask": bool(
                person and person.phone and request.user.has_perm("accounts.unmask_person", person)
            ),
            "hold": may_hold and person.pk != request.user.pk,
            "factor": bool(person and person.is_staff),
            "join": may_hold and person.pk != request.user.pk and not person.joined_into_id,
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), "acts": acts})

    # ── Single acts ──────────────────────────────────────────────────────────

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Any) -> URLPattern:
            return path(f"<int:pk>/{name}/", self.admin_site.admin_view(view), name=f"accounts_person_{name}")

        return [
            path("find/", self.admin_site.admin_view(require_POST(self.find)), name="accounts_person_find"),
            page("unmask", self.unmask),
            page("password", self.password),
            page("factor", self.factor),
            page("shut", self.shut),
            page("open", self.open),
            page("join", self.join),
            *super().get_urls(),
        ]

    def find(self, request: SignedInRequest) -> HttpResponse:
        """Search from the body of a request, since a number must not stand in an address."""
        if not self.has_view_permission(request):
            raise Refused
        sought = request.POST.get("q", "").strip()
        target = QueryDict(mutable=True)
        if not is_number(sought):
            kept = {
                name: value
                for name, value in request.POST.items()
                if name not in {"q", "csrfmiddlewaretoken"}
            }
            target.update(kept | ({"q": sought} if sought else {}))
        else:
            number = phones.index(phones.normalise(sought))
            found = list(
                self.get_queryset(request).filter(phone_index=number).values_list("pk", flat=True)[:20]
            )
            if len(found) == 1:
                return redirect("admin:accounts_person_change", found[0])
            if found:
                target["id__in"] = ",".join(map(str, found))
            else:
                messages.warning(request, _("Nobody in your area has this number."))
        return redirect(f"{reverse('admin:accounts_person_changelist')}?{target.urlencode()}".rstrip("?"))

    def unmask(self, request: SignedInRequest, pk: int) -> HttpResponse:
        person = Person.objects.filter(pk=pk).first()
        if person is None or not reaches(scope_for(request.user, "accounts.unmask_person"), person):
            raise Refused
        return self.act(
            request,
            person,
            title=_("Show the whole number"),
            explanation=_("The number of %(name)s is shown once. Your reason is kept in the audit trail."),
            button=_("Show the number"),
            shown_as=_("Phone"),
            act=lambda who, reason, actor: people.unmask_phone(
                who, reason=reason, actor=actor, now=clock.now()
            ),
        )

    def password(self, request: SignedInRequest, pk: int) -> HttpResponse:
        return self.act(
            request,
            self.in_hand(request, pk),
            title=_("Issue a one-time password"),
            explanation=_(
                "%(name)s gets a password for one sign-in within 72 hours and then chooses an own one. The present "
                "password ends at once. Hand it over in person or by telephone, not in a group chat."
            ),
            button=_("Issue the password"),
            shown_as=_("One-time password"),
            asks_reason=False,
            act=lambda who, reason, actor: passwords.issue_first_password(who, actor=actor, now=clock.now()),
        )

    def factor(self, request: SignedInRequest, pk: int) -> HttpResponse:
        return self.act(
            request,
            self.in_hand(request, pk),
            title=_("Reset the second factor"),
            explanation=_(
                "For %(name)s, who has lost the authenticator app. Make sure that it is really them. The next "
                "sign-in asks to set up an app again."
            ),
            button=_("Reset the second factor"),
            act=silent(passwords.reset_second_factor),
        )

    def shut(self, request: SignedInRequest, pk: int) -> HttpResponse:
        return self.act(
            request,
            self.in_hand(request, pk),
            title=_("Let in no more"),
            explanation=_("%(name)s is signed out everywhere at once. Everything recorded stays."),
            button=_("Let in no more"),
            act=silent(people.deactivate_person),
        )

    def open(self, request: SignedInRequest, pk: int) -> HttpResponse:
        return self.act(
            request,
            self.in_hand(request, pk),
            title=_("Let in again"),
            explanation=_("%(name)s may sign in again, with the password and the roles that were left."),
            button=_("Let in again"),
            act=silent(people.reactivate_person),
        )

    def join(self, request: SignedInRequest, pk: int) -> HttpResponse:
        """Which other record it may be; then what would become of the two, the reason, and the joining."""
        person = self.in_hand(request, pk)
        found = perhaps_the_same(person, scope_for(request.user, "accounts.change_person"))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Join with another record of the same person"),
            "subtitle": person.name,
            "opts": self.opts,
            "person": person,
            "may_view": True,
        }
        chosen = request.GET.get("with", "")
        if not chosen:
            doubles = [] if person.joined_into_id else list(found[:MOST_DOUBLES])
            return render(request, "admin/accounts/person/doubles.html", {**context, "doubles": doubles})
        other = found.filter(pk=int(chosen)).first() if chosen.isdecimal() else None
        if other is None:
            raise Refused
        form = ReasonForm(request.POST if request.method == "POST" else None)
        try:
            context["joining"] = joining.look_at_joining(person, other)
            if form.is_valid():
                kept = joining.join_records(
                    person, other, reason=form.cleaned_data["reason"], actor=request.user, now=clock.now()
                )
                messages.success(request, _("The two records are one now."))
                return self.back_to(request, kept)
        except PortalError as refusal:
            context["refusal"] = refusal
        context |= {"form": form, "other": other, "button": _("Join the two records")}
        return render(request, "admin/accounts/person/join.html", context)

    def in_hand(self, request: SignedInRequest, pk: int) -> Person:
        return load_or_404(Person, pk, person=request.user, permission="accounts.change_person")

    def act(
        self,
        request: SignedInRequest,
        person: Person,
        *,
        title: Any,
        explanation: Any,
        button: Any,
        act: Act,
        shown_as: Any = "",
        asks_reason: bool = True,
    ) -> HttpResponse:
        """One page for one act: what will happen, the reason, and what came of it, shown this once."""
        sent = request.POST if request.method == "POST" else None
        form: Form = ReasonForm(sent) if asks_reason else Form(sent)
        shown: Any = ""
        if form.is_valid():
            try:
                shown = act(person, form.cleaned_data.get("reason", ""), request.user) or _("none")
            except PortalError as refusal:
                tell_refusal(form, refusal)
            else:
                if not shown_as:
                    messages.success(request, _("Done."))
                    return self.back_to(request, person)
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": person.name,
            "opts": self.opts,
            "person": person,
            "explanation": explanation % {"name": person.name},
            "button": button,
            "form": form,
            "shown": shown,
            "shown_as": shown_as,
            "may_view": visible(Person, request.user).filter(pk=person.pk).exists(),
        }
        return render(request, "admin/accounts/person/act.html", context)

    def back_to(self, request: SignedInRequest, person: Person) -> HttpResponse:
        return redirect("admin:accounts_person_change", person.pk)


def silent(service: Callable[..., None]) -> Act:
    def act(person: Person, reason: str, actor: Person) -> str:
        service(person, reason=reason, actor=actor, now=clock.now())
        return ""

    return act


def is_number(text: str) -> bool:
    try:
        return bool(phones.normalise(text))
    except phones.BadPhone:
        return False
