"""A class list becomes classes, children, guardians and learners: set-based, on data frames.

    reading    the sheet: where the columns are, what each cell means, what is wrong with it
    known      what the database already holds of these schools, children and phones
    children   which class and which child each row means
    people     which person each guardian is
    families   who belongs to one family, for guardians without a phone
    planning   what would be created, changed, asked about; pure, so the same input gives the same plan
    writing    the plan into the tables, all or nothing
    sentences  what people read: at the cell, in the table of changes, for each doubt

How somebody is recognised. A child: by name in the class; else the child of that name with the same guardian. A
guardian: as a guardian of that child already, by name (and phone, where both have one); else by phone and name
together, wherever in the county; without a phone, by name inside the family. A new person otherwise. A phone that is
known under another name decides nothing: it is asked about, and until somebody has answered, nothing is written.
"""
