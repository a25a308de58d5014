"""The portal's settings as the suite runs them, on whatever servers the environment names."""

import os
from pathlib import Path

os.environ.setdefault("PORTAL_ENV", "test")
# What the suite writes and tidies away is never a developer's own.
os.environ.setdefault("VAR_DIR", str(Path(__file__).resolve().parent.parent / "var" / "test"))

from portal.settings import *  # noqa: F403

# Tests that run side by side share one Redis, but neither counters nor queues.
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
CACHES["default"]["KEY_PREFIX"] = f"test-{WORKER}"  # noqa: F405
if REDIS_URL:  # noqa: F405
    CACHES["default"]["BACKEND"] = "tests.caches.OwnKeys"  # noqa: F405
CELERY_TASK_DEFAULT_QUEUE = f"test-{WORKER}"

# A task runs inside the test that asked for it, unless the test asks for the real worker.
CELERY_TASK_ALWAYS_EAGER = True

# Style sheets and scripts come straight from where they are kept.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True

# Nobody waits for the disk: what a test commits need not outlive the server. And no thread of a live server that a
# browser keeps waiting holds the database when it is to go.
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
