"""Pure functions on the words of a class list: classes, relations, headers. No models, no clock."""
