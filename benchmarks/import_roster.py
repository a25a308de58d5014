"""Import of a county's class lists, 111,000 rows in one xlsx, against plain COPY of the rows that come of it.

    python -m benchmarks.import_roster [--dsn postgresql://…/postgres] [--rows 111000] [--rounds 3] [--usual 300]

Ours reads the file, checks it whole, compares it with the records, and on confirmation does so again and writes
classes, children, guardians with encrypted phones, guardianships and memberships: what a user waits for, twice the
reading included. The limit is COPY of the very same rows into the same empty tables with their indexes, in one
transaction. `usual` is django-import-export with its defaults on the first rows of the same list, by the row: a dry
run and the import, as its own pages do, with the same records made. Goals: at most 5 times the limit (3 in a good
world), 40 times faster by the row than the usual way, 400 MiB.

It makes databases named roster_benchmark_… on the server and drops them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2

from benchmarks.harness import Run, compare, in_a_process_of_its_own, measured, report

DSN = os.environ.get("DATABASE_URL") or "postgresql://postgres@127.0.0.1:5432/postgres"
BASE, WORK = "roster_benchmark_base", "roster_benchmark_work"
GOALS = {"ratio": 5, "moonshot_ratio": 3, "peak_mib": 400, "faster_than_usual": 40}
SCHOOLS, CLASSES = 300, 12
TITLES = (
    "学校代码",
    "孩子姓名",
    "性别",
    "班级",
    "家长姓名",
    "关系",
    "手机号",
    "家长2姓名",
    "家长2关系",
    "家长2手机号",
)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
TABLES = {
    "parentschool_schoolclass": "id > 0",
    "accounts_person": "id > 0",
    "parentschool_child": "id > 0",
    "parentschool_guardianship": "id > 0",
    "parentschool_membership": "id > 0",
}


def row(number: int) -> tuple[str, ...]:
    """Every fifth child is a sibling of the one before; six in ten have a father too, one a grandmother."""
    school, place = number % SCHOOLS, number // SCHOOLS
    class_, seat = place % CLASSES, place // CLASSES
    family = number - SCHOOLS if place % 5 == 4 else number
    surname = SURNAMES[family % 20]
    child = f"{SURNAMES[seat % 20]}{chr(0x4E00 + seat)}{chr(0x5000 + class_)}"
    mother = (f"{surname}丽{chr(0x5100 + family % 97)}", "母亲", f"1{3000000000 + family * 2}")
    second = ("", "", "")
    if family % 10 < 6:
        second = (f"{surname}强{chr(0x5200 + family % 89)}", "父亲", f"1{3000000001 + family * 2}")
    elif family % 10 == 6:
        second = (f"{surname}秀英", "奶奶", "")
    where = f"{'一二三四五六'[class_ // 2]}年级{class_ % 2 + 1}班"
    return (f"S{school}", child, "男女"[number % 2], where, *mother, *second)


def set_up(database: str | None) -> None:
    os.environ["PORTAL_ENV"], os.environ["DJANGO_SETTINGS_MODULE"] = "test", "portal.settings"
    if database:
        os.environ["DATABASE_URL"] = database
    import django

    django.setup()


def named(dsn: str, database: str) -> str:
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def make_base(dsn: str) -> None:
    set_up(named(dsn, BASE))
    from datetime import date

    from django.core.management import call_command

    from accounts.models import Unit

    call_command("migrate", verbosity=0)
    opened = date(2020, 9, 1)
    county = Unit.objects.create(
        code="C", name="县", level="county", kind="centre", path="0001", opened_on=opened
    )
    Unit.objects.bulk_create(
        Unit(
            code=f"S{number}",
            name=f"演示第{number}小学",
            level="school",
            kind="school",
            stage="primary",
            parent=county,
            path=f"0001{number + 1:04d}",
            opened_on=opened,
        )
        for number in range(SCHOOLS)
    )


def make_file(path: str, rows: int) -> None:
    set_up(None)
    from portal.kernel.spreadsheets import Column, TableWriter

    with TableWriter(path, [Column(title) for title in TITLES], sheet_name="花名册") as table:
        table.write_rows(map(row, range(rows)))


def fresh(dsn: str) -> None:
    """An empty county to write into, and no work left over on the server."""
    server = psycopg2.connect(dsn)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {WORK}")
        cursor.execute(f"CREATE DATABASE {WORK} TEMPLATE {BASE}")
        cursor.execute("CHECKPOINT")
    server.close()


def ours(dsn: str, path: str, rows: int) -> Run:
    set_up(named(dsn, WORK))
    from django.db import connection

    from accounts.models import Unit
    from parentschool.services.rosters import RosterFile, check_roster, commit_roster
    from portal.kernel import clock

    county, now = Unit.objects.get(code="C"), clock.now()
    connection.ensure_connection()

    def work() -> None:
        with open(path, "rb") as content:
            roster = RosterFile(content, "county.xlsx", county, by_duty=True)
            checked = check_roster(roster, actor=None, now=now)
            if checked.plan.rows["create"] != rows:
                raise SystemExit(f"the plan is not what it should be: {checked.plan.rows}")
            digest = checked.digest
            del checked
            commit_roster(roster, digest=digest, actor=None, now=now)

    return measured(work)


def dump(dsn: str, folder: str) -> dict[str, int]:
    """The rows that our import made, as COPY takes them back."""
    counts = {}
    with psycopg2.connect(named(dsn, WORK)) as connection, connection.cursor() as cursor:
        for table, condition in TABLES.items():
            with open(f"{folder}/{table}", "wb") as file:
                cursor.copy_expert(f"COPY (SELECT * FROM {table} WHERE {condition}) TO STDOUT", file)
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts[table] = cursor.fetchone()[0]
    return counts


def limit(dsn: str, folder: str) -> Run:
    def work() -> None:
        with psycopg2.connect(named(dsn, WORK)) as connection, connection.cursor() as cursor:
            for table in TABLES:
                with open(f"{folder}/{table}", "rb") as file:
                    cursor.copy_expert(f"COPY {table} FROM STDIN", file, size=1 << 20)

    return measured(work)


def usual(dsn: str, rows: int) -> Run:
    """The first rows of the very same list, every record that comes of them included, with a resource as the
    manual of django-import-export writes one: what a row refers to is found or made before the row is saved, what
    depends on it afterwards."""
    set_up(named(dsn, WORK))
    from datetime import date

    import tablib
    from import_export import fields
    from import_export.resources import ModelResource

    from accounts.enums import Basis
    from accounts.models import Person, Unit
    from accounts.phones import columns, index
    from parentschool.models import Child, Guardianship, Membership, SchoolClass

    class Children(ModelResource):
        name = fields.Field(column_name="孩子姓名", attribute="name")

        class Meta:
            model = Child
            fields = ("id", "name")
            import_id_fields = ()

        def before_save_instance(self, child: Any, line: Any, **options: Any) -> None:
            school = Unit.objects.get(code=line["学校代码"])
            grade, number = "一二三四五六".index(line["班级"][0]), int(line["班级"][3])
            child.school_class, _made = SchoolClass.objects.get_or_create(
                school=school,
                stage="primary",
                entry_year=2026 - grade,
                number=number,
                defaults={"path": f"{school.path}{grade * 2 + number:04d}"},
            )
            child.path, child.gender = child.school_class.path, {"男": "m", "女": "f"}[line["性别"]]
            child.basis = Basis.DUTY

        def after_save_instance(self, child: Any, line: Any, **options: Any) -> None:
            for titles in (("家长姓名", "关系", "手机号"), ("家长2姓名", "家长2关系", "家长2手机号")):
                name, relation, phone = (line[title] for title in titles)
                if not name:
                    continue
                school = child.school_class.school
                person, _made = Person.objects.get_or_create(
                    name=name,
                    phone_index=index(phone) if phone else "",
                    defaults={**(columns(phone) if phone else {}), "home": school, "path": school.path},
                )
                Guardianship.objects.get_or_create(guardian=person, child=child, relation=relation)
                Membership.objects.get_or_create(
                    person=person,
                    school=school,
                    school_year=2026,
                    defaults={"joined_on": date(2026, 9, 1), "source": "import", "path": school.path},
                )

    table = tablib.Dataset(*map(row, range(rows)), headers=TITLES)

    def work() -> None:
        Children().import_data(table, dry_run=True, raise_errors=True)
        Children().import_data(table, dry_run=False, raise_errors=True)

    return measured(work)


def on_a_fresh_county(dsn: str, measure: Any, *arguments: Any) -> Run:
    fresh(dsn)
    return in_a_process_of_its_own(measure, dsn, *arguments)


def drop(dsn: str) -> None:
    server = psycopg2.connect(dsn)
    server.autocommit = True
    with server.cursor() as cursor:
        for database in (WORK, BASE):
            cursor.execute(f"DROP DATABASE IF EXISTS {database}")
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dsn", default=DSN)
    parser.add_argument("--rows", type=int, default=111_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--usual", type=int, default=300, help="rows for the usual way")
    parser.add_argument("--runs", action="store_true", help="print every run")
    options = parser.parse_args()
    dsn = options.dsn
    drop(dsn)
    server = psycopg2.connect(dsn)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {BASE}")
    server.close()
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "county.xlsx")
        try:
            in_a_process_of_its_own(as_run, make_base, dsn)
            in_a_process_of_its_own(as_run, make_file, path, options.rows)
            on_a_fresh_county(dsn, ours, path, options.rows)
            counts = dump(dsn, folder)
            result = compare(
                partial(on_a_fresh_county, dsn, limit, folder),
                {"import": partial(on_a_fresh_county, dsn, ours, path, options.rows)},
                rounds=options.rounds,
                goals=GOALS,
            )
            slow = on_a_fresh_county(dsn, usual, options.usual)
        finally:
            drop(dsn)
    by_row = result["ours"]["import"]["seconds"] / options.rows
    result["usual"] = {"rows": options.usual, "seconds": round(slow.seconds, 3)}
    result["faster_than_usual"] = round(slow.seconds / options.usual / by_row, 1)
    report({"rows": options.rows, "written": counts, **result}, runs=options.runs)


def as_run(work: Any, *arguments: Any) -> Run:
    return measured(lambda: work(*arguments))


if __name__ == "__main__":
    main()
