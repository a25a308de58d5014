"""What the clock starts exists: a task that was renamed would be asked for in vain, every night."""

from django.conf import settings

from portal.celery import app


def test_every_scheduled_task_is_registered():
    app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled == {
        "assessment.tasks.start_night",
        "portal.kernel.tasks.tidy_jobs",
        "portal.tasks.expire_data",
        "accounts.tasks.tidy_sign_in",
        "events.tasks.tell_families",
    }
    assert scheduled <= set(app.tasks)
