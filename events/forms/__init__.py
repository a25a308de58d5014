from events.forms.phone import EventForm, HostCodeForm, ReasonForm, WalkInForm

__all__ = ["EventForm", "HostCodeForm", "ReasonForm", "WalkInForm"]
