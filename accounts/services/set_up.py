"""Setting up a county from the national list of regions: its regions and its tree of units.

The list names places; the tree is the county's own from then on. So a second run writes nothing: it compares the
list with the regions kept from the first run and names what differs, for people to act upon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import transaction

from accounts.enums import LEVEL_OF, Kind
from accounts.models import Person, Region, Unit, UnitPlacement
from accounts.paths import child_path
from accounts.regions import places
from accounts.regions.comparison import Comparison, compare
from accounts.regions.names import is_placeholder, village_kind
from accounts.regions.places import CountyRegions, VillageKind
from accounts.regions.reader import VINTAGE
from accounts.rules import unit_name
from accounts.services.consents import load_purposes
from accounts.services.units import next_path
from portal.kernel import audit, special_days

KIND_OF = {VillageKind.VILLAGE: Kind.VILLAGE, VillageKind.COMMUNITY: Kind.COMMUNITY}


@dataclass
class SetUp:
    """What the set-up did, or, where the county stands already, what the list says otherwise."""

    county: Unit
    created: dict[Kind, int] = field(default_factory=dict)
    differences: Comparison | None = None


@transaction.atomic
def set_up_county(listed: CountyRegions, *, opened_on: date, actor: Person | None, now: datetime) -> SetUp:
    """The county's centre, a station for each township, a parent school for each village and community; the holidays
    that are known; and what people are told about their personal information."""
    standing = Unit.objects.filter(region__code=listed.county.code, kind=Kind.CENTRE).first()
    if standing is not None:
        return SetUp(standing, differences=compare(kept_regions(listed.county), everything(listed)))
    load_purposes(actor=actor, now=now)
    regions = keep_regions(listed)
    tree = plant(listed, regions, opened_on)
    for year in special_days.published_years():
        special_days.load_year(year, actor=actor, now=now)
    created: dict[Kind, int] = {}
    for unit in tree:
        created[Kind(unit.kind)] = created.get(Kind(unit.kind), 0) + 1
    audit.record(
        "county.set_up",
        actor=actor,
        now=now,
        obj=tree[0],
        path=tree[0].path,
        vintage=VINTAGE.year,
        created=created,
    )
    return SetUp(tree[0], created=created)


def everything(listed: CountyRegions) -> list[places.Region]:
    return [listed.county, *listed.townships, *listed.villages]


def kept_regions(county: places.Region) -> list[places.Region]:
    """The county's regions as they were kept at set-up, in the form of the list. What lies above the county is
    not kept, so its parent is taken as the list says."""
    prefix = county.code[: places.Level.COUNTY.digits]
    rows = Region.objects.filter(code__gte=prefix, code__lt=str(int(prefix) + 1)).select_related("parent")
    return [
        places.Region(
            row.code, row.name, places.Level(row.level), row.parent.code if row.parent else county.parent_code
        )
        for row in rows
    ]


def keep_regions(listed: CountyRegions) -> dict[str, Region]:
    kept: dict[str, Region] = {}
    for level in ([listed.county], listed.townships, listed.villages):
        rows = Region.objects.bulk_create(
            Region(
                code=region.code,
                name=region.name,
                level=region.level.value,
                parent=kept.get(region.parent_code or ""),
                vintage=str(VINTAGE.year),
            )
            for region in level
        )
        kept.update({row.code: row for row in rows})
    return kept


def plant(listed: CountyRegions, regions: dict[str, Region], opened_on: date) -> list[Unit]:
    """All units of the tree, parents first. Placeholders of the list get none; villages under one stand
    directly under the county's centre."""
    units: dict[str, Unit] = {}
    numbers: dict[str, int] = {}

    def unit(region: places.Region, kind: Kind) -> Unit:
        parent: Unit | None = None
        if kind == Kind.CENTRE:
            path = next_path(None)
        else:
            parent = units.get(region.parent_code or "") or units[listed.county.code]
            numbers[parent.code] = numbers.get(parent.code, 0) + 1
            path = child_path(parent.path, numbers[parent.code])
        return Unit(
            code=region.code,
            name=unit_name(region.name, kind),
            kind=kind,
            level=LEVEL_OF[kind],
            parent=parent,
            path=path,
            region=regions[region.code],
            opened_on=opened_on,
        )

    for level in ([listed.county], listed.townships, listed.villages):
        planted = [
            unit(region, kind_of(region))
            for region in level
            if region.level == places.Level.COUNTY or not is_placeholder(region.name)
        ]
        Unit.objects.bulk_create(planted)
        units.update({planted_unit.code: planted_unit for planted_unit in planted})
    UnitPlacement.objects.bulk_create(
        UnitPlacement(unit=planted, parent=planted.parent, name=planted.name, valid_from=opened_on)
        for planted in units.values()
    )
    return list(units.values())


def kind_of(region: places.Region) -> Kind:
    if region.level == places.Level.COUNTY:
        return Kind.CENTRE
    if region.level == places.Level.TOWNSHIP:
        return Kind.STATION
    return KIND_OF[village_kind(region.name, region.code)]
