"""How gunicorn serves the portal. The environment may set WEB_BIND, WEB_WORKERS and WEB_TIMEOUT (seconds)."""

import multiprocessing
import os

wsgi_app = "portal.wsgi"
bind = os.environ.get("WEB_BIND", "0.0.0.0:8000")
workers = int(os.environ.get("WEB_WORKERS") or min(2 * multiprocessing.cpu_count() + 1, 9))
timeout = int(os.environ.get("WEB_TIMEOUT", "60"))
graceful_timeout = 30
# Workers are renewed now and then, not all at once, so that no leak outgrows the machine.
max_requests = 5000
max_requests_jitter = 500
# Paths and addresses are personal data; the portal's own audit says who did what.
accesslog = None
errorlog = "-"
