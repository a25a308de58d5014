#!/usr/bin/env python
"""Run the portal's commands; a shell without PORTAL_ENV works on a development copy."""

import os
import sys


def main() -> None:
    os.environ.setdefault("PORTAL_ENV", "development")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
