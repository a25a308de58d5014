"""The phone pages of whoever holds events, the wall, and the page that a scan opens."""
