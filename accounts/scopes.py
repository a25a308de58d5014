"""How far a permission reaches: a set of subtrees. No scope means nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Self, TypeVar

from django.db import models
from django.db.models import Q

from accounts.paths import covers, outermost, ranges


@dataclass(frozen=True)
class Scope:
    """Subtrees by their paths, none inside another. Empty: nothing."""

    paths: tuple[str, ...] = ()

    @classmethod
    def of(cls, *paths: str) -> Scope:
        return cls(outermost([path for path in paths if path]))

    def __bool__(self) -> bool:
        return bool(self.paths)

    def __or__(self, other: Scope) -> Scope:
        return Scope.of(*self.paths, *other.paths)

    def covers(self, path: str) -> bool:
        return bool(path) and any(covers(place, path) for place in self.paths)

    def q(self, lookup: str) -> Q:
        """Rows whose `lookup` lies in one of the subtrees; one filter, so never chained over a to-many."""
        found = Q(pk__in=[])
        for begin, end in ranges(self.paths):
            found |= Q(**{f"{lookup}__gte": begin, f"{lookup}__lt": end})
        return found


NOWHERE = Scope()


M = TypeVar("M", bound="ScopedModel")


class ScopedQuerySet(models.QuerySet[M], Generic[M]):
    def within(self, scope: Scope) -> Self:
        """The only door to scoped rows."""
        if not scope:
            return self.none()
        return self.filter(scope.q(self.model.path_lookup()))


class ScopedModel(models.Model):
    """A model whose rows belong to a place. `org_path` names the way to the row that carries `path`; empty
    where the row itself does. It never crosses a to-many relation."""

    org_path: ClassVar[str] = ""

    objects: ClassVar[Any] = ScopedQuerySet.as_manager()

    class Meta:
        abstract = True

    @classmethod
    def path_lookup(cls) -> str:
        return f"{cls.org_path}__path" if cls.org_path else "path"

    @property
    def row_path(self) -> str:
        """The path of the unit to which the saved row belongs; empty where it belongs to none."""
        found = type(self)._base_manager.filter(pk=self.pk).values_list(self.path_lookup(), flat=True)
        return found.first() or ""
