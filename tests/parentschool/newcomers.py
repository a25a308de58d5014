"""Somebody who registers, and what they say of a child."""

from __future__ import annotations

from typing import Any

from accounts.queries import texts_in_force
from accounts.services.consents import CHILDREN
from parentschool.services.claims import Claimed
from parentschool.services.registration import Newcomer
from tests.world import NOW, World


def newcomer(**more: Any) -> Newcomer:
    return Newcomer(
        **{
            "phone": "13600000009",
            "name": "赵敏",
            "agreed": {"service": True, CHILDREN: True, "honour": False, "photos": False},
            "shown": [text.pk for text in texts_in_force()],
            "agreed_at": NOW,
            **more,
        }
    )


def claimed(world: World, **more: Any) -> Claimed:
    return Claimed(
        **{
            "school": world.schools[0],
            "school_class": world.classes[0],
            "child_name": "Child 0",
            "relation": "mother",
            "token": "token",
            **more,
        }
    )
