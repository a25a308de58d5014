from celery import shared_task

from portal.kernel import clock
from portal.privacy import expiry


@shared_task
def expire_data() -> None:
    """Every night: what the data map keeps for a time that is over."""
    expiry.expire_data(now=clock.now())
