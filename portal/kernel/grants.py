"""The role by which the portal works on PostgreSQL: it reads and writes rows, and can do no more.

Tables belong to another role, which migrates. The application's role makes and drops nothing, empties no table, and
in tables that only grow it reads and adds. So who gets hold of the portal's own connection cannot change the
ledger or the audit, not even by taking the triggers off first.
"""

from __future__ import annotations

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext as _

from portal.kernel.append_only import guarded_tables
from portal.kernel.errors import PortalError

HISTORY = "django_migrations"
READ, GROW, WORK = "SELECT", "SELECT, INSERT", "SELECT, INSERT, UPDATE, DELETE"


class NoSuchRole(PortalError):
    code = "no_such_role"


class TooMighty(PortalError):
    """The role may do what no grant takes away: it owns the tables, or is or belongs to somebody who does."""

    code = "too_mighty"


def grant_application(using: BaseDatabaseWrapper, role: str, *, password: str = "") -> int:
    """Give a role what the portal needs to work, and nothing else; the number of tables that it works with.

    May be repeated, and is after every migration. With a password, the role is made if it is missing and signs in
    with this one from now on. Refused, and nothing granted, where the role could still do more.
    """
    name = using.ops.quote_name(role)
    with transaction.atomic(using=using.alias), using.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
        if cursor.fetchone() is None:
            if not password:
                raise NoSuchRole(_("There is no role %(role)s in the database yet.") % {"role": role})
            cursor.execute(f"CREATE ROLE {name}")
        if owns_something(using, role):
            raise TooMighty(
                _("%(role)s rules this database. Name a role that owns nothing in it.") % {"role": role}
            )
        if password:
            cursor.execute(f"ALTER ROLE {name} LOGIN PASSWORD %s", [password])
        cursor.execute("SELECT current_database(), current_schema()")
        database, schema = (using.ops.quote_name(found) for found in cursor.fetchone())
        grow, tables = guarded_tables(using), using.introspection.table_names()
        for statement in (
            f"REVOKE ALL ON DATABASE {database} FROM PUBLIC, {name}",
            f"REVOKE ALL ON SCHEMA {schema} FROM {name}",
            f"REVOKE CREATE ON SCHEMA {schema} FROM PUBLIC",
            f"REVOKE ALL ON ALL TABLES IN SCHEMA {schema} FROM PUBLIC, {name}",
            f"GRANT CONNECT ON DATABASE {database} TO {name}",
            f"GRANT USAGE ON SCHEMA {schema} TO {name}",
            *(
                f"GRANT {what_for(table, grow)} ON {using.ops.quote_name(table)} TO {name}"
                for table in tables
            ),
        ):
            cursor.execute(statement)
    return len(tables)


def what_for(table: str, grow: set[str]) -> str:
    if table == HISTORY:
        return READ
    return GROW if table in grow else WORK


def owns_something(using: BaseDatabaseWrapper, role: str) -> bool:
    """Whether the role is or belongs to one that no grant binds: a superuser, a maker of roles, a writer of all data,
    or the owner of the database, the schema or anything in it."""
    with using.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_roles WHERE pg_has_role(%(role)s, oid, 'MEMBER') AND (rolsuper "
            "OR rolcreaterole OR rolname = 'pg_write_all_data' OR oid IN ("
            "SELECT datdba FROM pg_database WHERE datname = current_database() "
            "UNION SELECT nspowner FROM pg_namespace WHERE nspname = current_schema() "
            "UNION SELECT relowner FROM pg_class WHERE relnamespace = current_schema()::regnamespace)))",
            {"role": role},
        )
        return bool(cursor.fetchone()[0])
