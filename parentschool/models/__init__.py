"""Families and the school's own work with them.

A class is named by its entry year, stage and number, so that it keeps its identity as it moves up. A child belongs to
one class; its guardians are people of any generation, and a guardian may have several children in several schools. A
membership makes a person a learner of one parent school for one school year; in a village, which has no classes, it
may name the household. Home visits tell an attempt from a contact. A claim is a parent's
word that a child is theirs, until the school has agreed or not. A message is what a school tells its parents. Nothing
is deleted: children leave, guardianships and memberships end.
"""

from parentschool.models.claims import BindingReport, Claim
from parentschool.models.classes import ClassTeamMember, SchoolClass
from parentschool.models.families import Child, Guardianship, Membership
from parentschool.models.messages import SchoolMessage
from parentschool.models.requests import DataRequest
from parentschool.models.visits import HomeVisit

__all__ = [
    "BindingReport",
    "Child",
    "Claim",
    "ClassTeamMember",
    "DataRequest",
    "Guardianship",
    "HomeVisit",
    "Membership",
    "SchoolClass",
    "SchoolMessage",
]
