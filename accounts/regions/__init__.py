"""The national list of region codes down to villages: the file, how it is built, and how it is read."""
