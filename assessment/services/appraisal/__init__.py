"""An appraisal's course: opened for every unit, scored by the unit itself, handed in, scored by the county, settled.

Every score given or changed is an audit row with the old and the new, and every file put or taken away is one.
Whoever scored a unit for itself cannot score it for the county.
"""

from assessment.services.appraisal.county_side import CountyScore, give_county_scores, reopen, send_back
from assessment.services.appraisal.evidence import attach_evidence, remove_evidence
from assessment.services.appraisal.figures import compute_marks
from assessment.services.appraisal.files import EvidenceRefused
from assessment.services.appraisal.nightly import count_sheets_of, count_sheets_through
from assessment.services.appraisal.opening import open_appraisals
from assessment.services.appraisal.schemes import SchemeRefused, copy_scheme, is_frozen, load_scheme
from assessment.services.appraisal.sheet import AppraisalRefused, FourEyes, WrongStep
from assessment.services.appraisal.unit_side import give_self_score, hand_in_self_score

__all__ = [
    "AppraisalRefused",
    "CountyScore",
    "EvidenceRefused",
    "FourEyes",
    "SchemeRefused",
    "WrongStep",
    "attach_evidence",
    "compute_marks",
    "copy_scheme",
    "count_sheets_of",
    "count_sheets_through",
    "give_county_scores",
    "give_self_score",
    "hand_in_self_score",
    "is_frozen",
    "load_scheme",
    "open_appraisals",
    "remove_evidence",
    "reopen",
    "send_back",
]
