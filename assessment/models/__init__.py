"""What it adds up to.

Facts of the apps below (attendances, visits, …) are turned into points by a scheme whose rules are versioned data.
Every night the engine compares what the facts entitle each person to with what the ledger already says, and posts the
difference: `PointEntry` only grows, an undoing is a new line that points at the old one. People add lines by hand as
an `Adjustment`, with a reason and above a limit a second person, or a `Spending` of points. From the ledger come
snapshots, disposable and dated: the `Standing` of each person, the star, and the `UnitMetric` of each unit with the
lineage of unit ids as it was that day. What a draft of rules would change is kept as a `RuleTrial`, of which alone
rules are published; a parent says that a line is wrong by an `Objection`, answered by somebody who did not record it.

An appraisal scores a unit for a year by a scheme of sections and indicators: some are computed from unit metrics, the
others marked by hand, first by the unit itself and then by the county, each with its note and its evidence.
"""

from assessment.models.adjustments import Adjustment, Spending
from assessment.models.appraisal import (
    Appraisal,
    AppraisalScheme,
    Evidence,
    Indicator,
    Mark,
    Section,
)
from assessment.models.certificates import Certificate
from assessment.models.ledger import Batch, DirtyPerson, PointEntry, Standing, UnitMetric
from assessment.models.objections import Objection
from assessment.models.requirements import Requirement
from assessment.models.rules import CapGroup, PointRule, PointScheme, SchemeVersion, StarLevel
from assessment.models.trials import RuleTrial, TrialCrossing

__all__ = [
    "Adjustment",
    "Appraisal",
    "AppraisalScheme",
    "Batch",
    "CapGroup",
    "Certificate",
    "DirtyPerson",
    "Evidence",
    "Indicator",
    "Mark",
    "Objection",
    "PointEntry",
    "PointRule",
    "PointScheme",
    "Requirement",
    "RuleTrial",
    "SchemeVersion",
    "Section",
    "Spending",
    "Standing",
    "StarLevel",
    "TrialCrossing",
    "UnitMetric",
]
