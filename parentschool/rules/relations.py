"""Words for who somebody is to a child, and for girls and boys."""

from __future__ import annotations

from dataclasses import dataclass

from parentschool.enums import Gender, Relation

_RELATION_WORDS: dict[str, str] = {
    Relation.MOTHER: "母亲 母 妈妈 妈 娘 继母 养母 后妈 生母 母子 母女",
    Relation.FATHER: "父亲 父 爸爸 爸 爹 继父 养父 后爸 生父 父子 父女",
    Relation.PATERNAL_GRANDMOTHER: "祖母 奶奶 奶",
    Relation.PATERNAL_GRANDFATHER: "祖父 爷爷 爷",
    Relation.MATERNAL_GRANDMOTHER: "外祖母 外婆 姥姥 家婆",
    Relation.MATERNAL_GRANDFATHER: "外祖父 外公 姥爷 家公",
    Relation.OTHER: (
        "其他 其它 监护人 其他监护人 亲属 亲戚 家长 姑姑 姑妈 姑母 姨妈 姨母 小姨 阿姨 舅舅 舅妈 舅母 伯伯 伯父 伯母 "
        "叔叔 叔父 婶婶 婶娘 姑父 姑爷 姨父 哥哥 姐姐 兄 姐 兄弟 姐妹 祖孙 曾祖父 曾祖母 太爷爷 太奶奶 嫂子 姐夫"
    ),
}
_RELATIONS = {word: relation for relation, words in _RELATION_WORDS.items() for word in words.split()}
_PLAIN_OTHER = {"其他", "其它", "监护人", "其他监护人", "家长"}
RELATION_WORD_LENGTH = 10


@dataclass(frozen=True)
class NamedRelation:
    """`word` is kept for relations that have no name of their own here; `known` says whether we knew it."""

    relation: str
    word: str = ""
    known: bool = True


def read_relation(text: str) -> NamedRelation | None:
    """mother from 妈妈 or 母亲; 姑姑 and unknown short words become "other" and are kept. None: not a relation."""
    word = text.strip().removesuffix("关系")
    relation = _RELATIONS.get(word)
    if relation is None and (len(word) > RELATION_WORD_LENGTH or not word.replace("·", "").isalpha()):
        return None
    if relation is None:
        return NamedRelation(Relation.OTHER, word, known=False)
    keeps = relation == Relation.OTHER and word not in _PLAIN_OTHER
    return NamedRelation(relation, word if keeps else "")


_GENDER_WORDS = {
    **dict.fromkeys(("女", "女性", "女生", "女孩", "女童", "f", "female"), Gender.GIRL),
    **dict.fromkeys(("男", "男性", "男生", "男孩", "男童", "m", "male"), Gender.BOY),
}


def read_gender(text: str) -> str | None:
    """None where the word is not a gender."""
    return _GENDER_WORDS.get(text.strip().lower())
