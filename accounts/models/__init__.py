"""Who is who, where they sit, what they may do.

A county is a tree of units: the guidance centre, a station for each township, and under it parent schools: schools,
kindergartens, villages, communities; departments hang beside the stations. A unit's place is dated: each
`UnitPlacement` says under which parent and by which name a unit stood from a day on, and the unit itself carries the
placement in force (name, parent, path). Region codes of the statistics bureau are another thing: a unit may point at
its region, but the tree does not follow the codes.

A `Person` is one human with many hats, with or without a phone, and is also the account that signs in. A
`RoleAssignment` says what a person is, where, from when until when; nothing else gives staff their rights.
Authority flows down the tree: who is appointed at a unit may act in everything below it.

An `SmsCode` is what is left of a code that a browser asked for: whoever types it in time has shown to hold the number.
A `WeChatBinding` names the WeChat account that opens the door for a person.

A `Purpose` says what personal information is handled for and on which legal basis, in the words of its `PurposeText`s.
A `Consent` is what one person decided on one of these texts, when and how.
"""

from accounts.models.codes import SmsCode, SmsGate
from accounts.models.consents import Consent, PersonInCharge, Purpose, PurposeText
from accounts.models.people import Person, RoleAssignment
from accounts.models.units import Region, Unit, UnitPlacement
from accounts.models.wechat import WeChatBinding

__all__ = [
    "Consent",
    "Person",
    "PersonInCharge",
    "Purpose",
    "PurposeText",
    "Region",
    "RoleAssignment",
    "SmsCode",
    "SmsGate",
    "Unit",
    "UnitPlacement",
    "WeChatBinding",
]
