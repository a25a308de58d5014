from events.admin.attendances import AttendanceAdmin
from events.admin.events import EventAdmin, EventKindAdmin
from events.admin.records import RecordAdmin, RecordKindAdmin

__all__ = ["AttendanceAdmin", "EventAdmin", "EventKindAdmin", "RecordAdmin", "RecordKindAdmin"]
