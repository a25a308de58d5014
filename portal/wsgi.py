"""WSGI entrance. A server that says nothing of its environment is a production server."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("PORTAL_ENV", "production")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = get_wsgi_application()
