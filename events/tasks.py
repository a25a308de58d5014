from celery import shared_task

from events.services.telling import tell_everybody
from portal.kernel import clock


@shared_task
def tell_families() -> None:
    """Reminders, changes and cancellations; asked for every few minutes, told once."""
    tell_everybody(now=clock.now())
