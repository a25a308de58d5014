from assessment.admin.appraisals import AppraisalAdmin
from assessment.admin.by_hand import AdjustmentAdmin, SpendingAdmin
from assessment.admin.certificates import CertificateAdmin
from assessment.admin.figures import UnitMetricAdmin
from assessment.admin.ledger import PointEntryAdmin, StandingAdmin
from assessment.admin.nights import RunAdmin
from assessment.admin.objections import ObjectionAdmin
from assessment.admin.point_rules import PointRuleAdmin
from assessment.admin.points import PointSchemeAdmin, SchemeVersionAdmin
from assessment.admin.postings import BatchAdmin
from assessment.admin.requirements import RequirementAdmin
from assessment.admin.schemes import AppraisalSchemeAdmin, SectionAdmin

__all__ = [
    "AdjustmentAdmin",
    "AppraisalAdmin",
    "AppraisalSchemeAdmin",
    "BatchAdmin",
    "CertificateAdmin",
    "ObjectionAdmin",
    "PointEntryAdmin",
    "PointRuleAdmin",
    "PointSchemeAdmin",
    "RequirementAdmin",
    "RunAdmin",
    "SchemeVersionAdmin",
    "SectionAdmin",
    "SpendingAdmin",
    "StandingAdmin",
    "UnitMetricAdmin",
]
