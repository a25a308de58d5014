"""Set-based work and raw SQL of events: the one statement of the door."""
