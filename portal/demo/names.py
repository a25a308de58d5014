"""Names and numbers that anybody can tell from real ones: every given name begins with 演, every phone with 1990000.

Numbers of that range are only ever stored, never dialled or written to: the demo sends no messages.
"""

from __future__ import annotations

import random

SURNAMES = (
    "王李张刘陈杨黄赵周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任"
)
GIVEN = "文宁安和平欣悦晨阳佳怡涵雨萱子轩浩然思远静雅慧敏丽娟芳英秀兰桂花玉珍建国志强明辉海波军伟勇"


class Cast:
    """People of the demo, drawn from one seeded source."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.phones = 0

    def surname(self) -> str:
        return self.draw.choice(SURNAMES)

    def name(self, surname: str = "") -> str:
        return f"{surname or self.surname()}演{self.draw.choice(GIVEN)}"

    def phone(self) -> str:
        self.phones += 1
        return f"1990{self.phones:07d}"
