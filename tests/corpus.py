"""Odd polygons for all tests: each case is a small coverage, and says what is to be found in it.

Coordinates are metres in a plane; :func:`in_degrees` lays a case out on the ground.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Objects = NDArray[np.object_]

SIDE = 300.0
"""Of a usual grid, metres."""


@dataclass(frozen=True)
class Case:
    """A coverage with its findings: (kind, severity, rows), rows in the order they are told."""

    name: str
    polygons: tuple[Any, ...]
    findings: tuple[tuple[str, str, tuple[int, ...]], ...] = ()

    def __str__(self) -> str:
        return self.name

    @property
    def array(self) -> Objects:
        """The polygons as the array that the product takes."""
        array = np.empty(len(self.polygons), dtype=object)
        array[:] = self.polygons
        return array


def grid(column: float, row: float, *, columns: float = 1, rows: float = 1) -> Polygon:
    """Return a rectangle of usual grids."""
    west, south = column * SIDE, row * SIDE
    return box(west, south, west + columns * SIDE, south + rows * SIDE)


def ring_of_eight() -> list[Polygon]:
    """Return three by three grids without the one in the middle."""
    return [grid(c, r) for r in range(3) for c in range(3) if (c, r) != (1, 1)]


def _not_a_number() -> Polygon:
    with np.errstate(invalid="ignore"):
        return shapely.from_wkt("POLYGON ((0 0, 300 0, 300 NaN, 0 300, 0 0))")


A, B = grid(0, 0), grid(1, 0)
WIDE = grid(0, 0, columns=2)
HOLED = Polygon(box(0, 0, 900, 900).exterior, [box(300, 300, 600, 600).exterior.reverse()])

CASES = (
    Case("nothing at all", ()),
    Case("one grid", (A,)),
    Case("two neighbours", (A, B)),
    Case(
        "nulls and empties",
        (A, None, Polygon(), MultiPolygon()),
        tuple(("empty", "error", (row,)) for row in (1, 2, 3)),
    ),
    Case(
        "bow-tie",
        (Polygon([(0, 0), (300, 300), (300, 0), (0, 300)]), B),
        (("invalid", "error", (0,)),),
    ),
    Case(
        "ring that doubles back",
        (Polygon([(0, 0), (300, 0), (300, 300), (300, 0), (300, 300), (0, 300)]), B),
        (("invalid", "error", (0,)),),
    ),
    Case(
        "hole outside its shell",
        (Polygon(A.exterior, [grid(5, 5).exterior]), B),
        (("invalid", "error", (0,)),),
    ),
    Case(
        "not a number",
        (_not_a_number(), B),
        (("invalid", "error", (0,)),),
    ),
    Case(
        "spike over the neighbour",
        (Polygon([(0, 0), (300, 0), (300, 148), (450, 150), (300, 152), (300, 300), (0, 300)]), B),
        (("overlap", "error", (0, 1)),),
    ),
    Case(
        "hole that touches the shell",
        (Polygon(A.exterior, [[(0, 150), (150, 100), (150, 200)]]), B),
        (("hole", "information", (0,)),),
    ),
    Case("nested", (WIDE, box(100, 100, 200, 200)), (("nested", "error", (1, 0)),)),
    Case("nested along the edge", (WIDE, A), (("nested", "error", (1, 0)),)),
    Case("duplicate", (A, B, A), (("duplicate", "error", (0, 2)),)),
    Case(
        "duplicate with another start",
        (A, shapely.normalize(A), B),
        (("duplicate", "error", (0, 1)),),
    ),
    Case("overlap", (A, box(290, 0, 600, 300)), (("overlap", "error", (0, 1)),)),
    Case("overlap of a ten-thousandth of a millimetre", (A, box(300 - 1e-7, 0, 600, 300))),
    Case(
        "overlap of two millimetres",
        (A, box(299.998, 0, 600, 300)),
        (("overlap", "error", (0, 1)),),
    ),
    Case("crack of a ten-thousandth of a millimetre", (A, box(300 + 1e-7, 0, 600, 300))),
    Case(
        "gap open at both ends",
        (A, box(304, 0, 604, 300)),
        (("gap", "error", (0, 1)),),
    ),
    Case(
        "enclosed gap",
        (
            box(0, 0, 600, 300),
            box(0, 302, 600, 602),
            box(0, 300, 200, 302),
            box(400, 300, 600, 302),
        ),
        (("gap", "error", (0, 1, 2, 3)), ("sliver", "error", (2,)), ("sliver", "error", (3,))),
    ),
    Case(
        "wedge between two",
        (
            Polygon([(0, 0), (300, 0), (300, 300), (0, 300)]),
            Polygon([(300, 0), (600, 0), (600, 300), (308, 300)]),
        ),
        (("gap", "error", (1, 0)),),
    ),
    Case(
        "strip four hundred metres long and forty wide",
        (grid(0, 0, columns=3), grid(0, 1), box(340, 300, 900, 600), grid(0, 2, columns=3)),
        (("gap", "error", (1, 2, 0, 3)),),
    ),
    Case("river open at both ends", (A, box(340, 0, 640, 300)), (("gap", "information", (0, 1)),)),
    Case(
        "bay of the outer shape",
        (grid(0, 0, columns=2), A.buffer(0), grid(0, 1)),
        (("nested", "error", (1, 0)),),
    ),
    Case("narrow bay in one grid", (box(0, 0, 300, 300).difference(box(100, 200, 104, 300)), B)),
    Case("lake in the middle", tuple(ring_of_eight()), (("hole", "information", (1, 3, 4, 6)),)),
    Case("lake in one grid", (HOLED,), (("hole", "information", (0,)),)),
    Case(
        "lake with an island",
        (HOLED, box(430, 430, 470, 470)),
        (("enclave", "information", (0, 1)), ("hole", "information", (0, 1))),
    ),
    Case("enclave", (HOLED, grid(1, 1)), (("enclave", "information", (0, 1)),)),
    Case(
        "two in one hole",
        (HOLED, box(300, 300, 450, 600), box(450, 300, 600, 600)),
        (("enclave", "information", (0, 1, 2)),),
    ),
    Case(
        "exclave",
        (HOLED, MultiPolygon([grid(1, 1), grid(3, 0)])),
        (("enclave", "information", (0, 1)), ("multipart", "error", (1,))),
    ),
    Case(
        "enclave that is too small for its hole",
        (HOLED, box(303, 300, 600, 600)),
        (("gap", "error", (0, 1)), ("enclave", "information", (0, 1))),
    ),
    Case("grids that touch at a point", (A, grid(1, 1))),
    Case(
        "four grids around a hole, touching at points",
        (grid(1, 0), grid(0, 1), grid(2, 1), grid(1, 2)),
        (("hole", "information", (0, 1, 2, 3)),),
    ),
    Case("islands", (A, grid(9, 9))),
    Case("T-junction without a node", (grid(0, 0, columns=2), grid(0, 1), grid(1, 1))),
    Case(
        "shared edge with nodes on one side only",
        (A, Polygon([(300, 0), (600, 0), (600, 300), (300, 300), (300, 217.3), (300, 101.1)])),
    ),
    Case("multipart", (MultiPolygon([A, grid(3, 0)]), B), (("multipart", "error", (0,)),)),
    Case(
        "parts that touch at a point",
        (MultiPolygon([A, grid(1, 1)]),),
        (("multipart", "error", (0,)),),
    ),
    Case("multipolygon of one part", (MultiPolygon([A]), B)),
    Case("sliver", (A, box(300, 0, 304, 300), box(304, 0, 604, 300)), (("sliver", "error", (1,)),)),
    Case("tiny", (A, B, box(600, 0, 600.5, 0.5)), (("sliver", "error", (2,)),)),
    Case("small but no sliver", (A, B, box(600, 0, 612, 12))),
    Case("heights", (shapely.force_3d(A, 5.0), B)),
)


def named(name: str) -> Case:
    """Return the case of a name."""
    return next(case for case in CASES if case.name == name)


def in_degrees(case: Case, lon: float = 114.279, lat: float = 26.749) -> Objects:
    """Lay a case out at a place, in degrees, by scaling: straight edges stay straight."""
    x_deg, y_deg = 1 / (111_320 * np.cos(np.radians(lat))), 1 / 110_800
    placed: Objects = shapely.transform(case.array, lambda xy: xy * (x_deg, y_deg) + (lon, lat))
    return placed
