"""A village's or community's list of people becomes learners without classes.

    reading    the sheet: where the columns are, what each cell means, what is wrong with it
    known      what the database already holds of these names, phones and children
    planning   what would be created, changed, asked about, in the same shape as the plan of a class list

Who is who is decided in `parentschool.rules.neighbours`. What is checked, shown, confirmed and written goes the way of
the class lists (`parentschool.engine.roster`). A child that a row names only helps to recognise its guardian: children
come with the class list of their school, so nothing about them is stored here.
"""
