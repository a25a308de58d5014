"""Short dates with the month in letters: 09/01/2026 is another day in Britain than in America."""

SHORT_DATE_FORMAT = "N j, Y"
SHORT_DATETIME_FORMAT = "N j, Y, P"
