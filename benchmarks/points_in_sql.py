"""The same totals by window functions in the database, for the rules that the benchmark of points loads."""

from __future__ import annotations

from django.conf import settings
from django.db import connection

from assessment.rules import RuleBook

TOTALS = """
WITH rule (kind_id, number, worth, a_day, a_month, a_year) AS (VALUES {rules}),
fact AS (
    SELECT a.person_id, r.*, (e.starts_at AT TIME ZONE %(zone)s)::date AS day, a.id
    FROM events_attendance a JOIN events_event e ON e.id = a.event_id JOIN rule r ON r.kind_id = e.kind_id
    WHERE a.revoked_at IS NULL AND e.status = 'held'
),
daily AS (
    SELECT *, greatest(0, least(worth, a_day - coalesce(sum(worth) OVER (
        PARTITION BY person_id, number, day ORDER BY id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS by_day
    FROM fact
),
monthly AS (
    SELECT *, greatest(0, least(by_day, a_month - coalesce(sum(by_day) OVER (
        PARTITION BY person_id, number, date_trunc('month', day) ORDER BY day, id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS by_month
    FROM daily
),
yearly AS (
    SELECT person_id, greatest(0, least(by_month, a_year - coalesce(sum(by_month) OVER (
        PARTITION BY person_id, number, date_trunc('year', day - interval '8 months') ORDER BY day, id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS points
    FROM monthly
)
SELECT sum(points) FROM (SELECT person_id, sum(points) AS points FROM yearly GROUP BY person_id) AS of_person
"""


def totals_by_windows(book: RuleBook) -> int:
    """The points of all people together, each person's being summed apart."""
    rows = ", ".join(
        f"({kind}, {rule.id}, {rule.points}, {rule.cap_day}, {rule.cap_month}, {rule.cap_year})"
        for rule in book.rules
        for kind in sorted(rule.kinds)
    )
    with connection.cursor() as cursor:
        cursor.execute(TOTALS.format(rules=rows), {"zone": settings.TIME_ZONE})
        return int(cursor.fetchone()[0])
