"""Races: what many people do at the same moment, in many rounds, and what must hold after each (row R-6).

    python -m tests.races --rounds 200 --clients 20 --seed 7 --only "last seat"

On the server of DATABASE_URL, in databases of its own, or on SQLite files where there is none. Prints JSON and fails on
a bad round: one after which something does not hold, or in which a client was told anything but an answer of the
portal, such as a deadlock or "database is locked". With `--without` every race is run by its negative control, without
the lock or constraint that keeps it right; then one that is not found bad fails. A seed draws the same rounds again:
the order of the clients and how far apart they come; what the database makes of it is its own.
"""
