"""Invented names: compounds, units that pair with a community, people no one could be."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from data.generator.plan import Named

FIRST = (
    ("翠湖", "Cuihu"),
    ("阳光", "Yangguang"),
    ("锦绣", "Jinxiu"),
    ("金桂", "Jingui"),
    ("玉兰", "Yulan"),
    ("东方", "Dongfang"),
    ("书香", "Shuxiang"),
    ("丽景", "Lijing"),
    ("安泰", "Antai"),
    ("和顺", "Heshun"),
    ("福满", "Fuman"),
    ("康乐", "Kangle"),
    ("青山", "Qingshan"),
    ("碧水", "Bishui"),
    ("望江", "Wangjiang"),
    ("云顶", "Yunding"),
    ("梅园", "Meiyuan"),
    ("竹韵", "Zhuyun"),
    ("松涛", "Songtao"),
    ("荷塘", "Hetang"),
    ("桂语", "Guiyu"),
    ("星河", "Xinghe"),
    ("晨曦", "Chenxi"),
    ("山水", "Shanshui"),
    ("田园", "Tianyuan"),
    ("滨江", "Binjiang"),
    ("世纪", "Shiji"),
    ("杜鹃", "Dujuan"),
    ("红枫", "Hongfeng"),
    ("银杏", "Yinxing"),
)
SECOND = (
    ("花园", "Garden"),
    ("小区", "Estate"),
    ("苑", "Court"),
    ("家园", "Homes"),
    ("新村", "New Village"),
    ("名居", "Residence"),
    ("雅居", "Place"),
    ("华庭", "Mansions"),
)
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高梁郑谢宋唐许邓韩冯曹彭曾肖田董潘袁蔡蒋余"
PAIRED = (
    ("供电所", "Power Supply Office"),
    ("邮政支局", "Post Office"),
    ("实验小学", "Primary School"),
    ("卫生服务站", "Health Station"),
    ("建筑公司", "Construction Company"),
    ("律师事务所", "Law Office"),
    ("农商支行", "Rural Bank Branch"),
    ("物流公司", "Logistics Company"),
    ("超市", "Supermarket"),
    ("税务分局", "Tax Office"),
    ("运输公司", "Transport Company"),
    ("水务营业厅", "Water Service Hall"),
    ("文化馆", "Culture Hall"),
    ("茶业公司", "Tea Company"),
    ("旅行社", "Travel Agency"),
    ("环卫所", "Sanitation Office"),
    ("气象站", "Weather Station"),
    ("幼儿园", "Kindergarten"),
    ("园林公司", "Landscape Company"),
    ("通信营业厅", "Telecom Hall"),
)


def compound_names(rng: np.random.Generator) -> Iterator[Named]:
    """Yield names of compounds, each once."""
    pairs = [(a, b) for a in FIRST for b in SECOND]
    for row in rng.permutation(len(pairs)):
        (first, first_en), (second, second_en) = pairs[row]
        yield first + second, f"{first_en} {second_en}"


def paired_unit_names(rng: np.random.Generator) -> Iterator[Named]:
    """Yield names of units (共建单位) that pair with communities, each once."""
    pairs = [(a, b) for a in FIRST for b in PAIRED]
    for row in rng.permutation(len(pairs)):
        (first, first_en), (second, second_en) = pairs[row]
        yield first + second, f"{first_en} {second_en}"


def person(number: int, rng: np.random.Generator) -> str:
    """Return a name that is plainly not a person's: a surname, 某 and a running number."""
    return f"{SURNAMES[int(rng.integers(len(SURNAMES)))]}某{number:04d}"


def phone(number: int) -> str:
    """Return a number no telephone has: there is no area code 000."""
    return f"000-{number:08d}"
