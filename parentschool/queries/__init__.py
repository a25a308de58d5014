"""Named reads of families and the school's own work."""
