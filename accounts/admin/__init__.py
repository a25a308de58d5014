from accounts.admin.appointments import RoleAssignmentAdmin
from accounts.admin.consents import ConsentAdmin, PersonInChargeAdmin, PurposeTextAdmin
from accounts.admin.people import PersonAdmin
from accounts.admin.system import AttemptAdmin, AuditEntryAdmin
from accounts.admin.units import RegionAdmin, UnitAdmin

__all__ = [
    "AttemptAdmin",
    "AuditEntryAdmin",
    "ConsentAdmin",
    "PersonAdmin",
    "PersonInChargeAdmin",
    "PurposeTextAdmin",
    "RegionAdmin",
    "RoleAssignmentAdmin",
    "UnitAdmin",
]
