from django.core.management.commands import makemessages


class Command(makemessages.Command):
    """Catalogues without line numbers and without guesses: small diffs, and no fuzzy entry ever."""

    msgmerge_options = [
        "-q",
        "--backup=none",
        "--update",
        "--no-fuzzy-matching",
        "--no-location",
        "--no-wrap",
    ]
    msgattrib_options = ["--no-obsolete", "--no-wrap"]
    xgettext_options = ["--from-code=UTF-8", "--add-comments=Translators", "--no-location", "--no-wrap"]
