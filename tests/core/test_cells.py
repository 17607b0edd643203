"""Laws of cells: whatever is drawn and edited, they are a coverage of their communities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.core.borders_dragged import Move, drag
from geo.core.cells import Areas, Blocks, cells_of, outlines, territories, written
from geo.core.coverage import LocalPlane
from geo.core.coverage_rows import mean_width
from geo.core.cutting import cut
from geo.core.drafts import (
    Cell,
    PlannedGrid,
    PlanState,
    Refusal,
    changed,
    conflicts,
    from_json,
    inverted,
    refusals,
    to_json,
)
from geo.core.splitting import Known, NewGrid, Sites, split_along
from tests.coverages import EAST, NORTH, ONE, SOUTH, STEP, WEST, Town, towns

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from geo.core.drafts import Changes

NOISE_M2 = 1e-4
EDITS = ("paint", "cut", "drag", "split", "merge", "undo")


def assert_covers(cells: Mapping[str, Cell], communities: Areas) -> None:
    """Assert that cells are a valid coverage of communities, each of its own."""
    keys, polygons = outlines(cells)
    assert shapely.is_valid(polygons).all()
    assert not shapely.is_empty(polygons).any()
    assert shapely.coverage_is_valid(polygons)
    plane = LocalPlane.of(communities.polygons, degrees=True)
    for code, area in zip(communities.keys, communities.polygons, strict=True):
        own = polygons[[cells[key].community == code for key in keys]]
        odd = shapely.symmetric_difference(shapely.coverage_union_all(own), area)
        assert plane.flatten(odd).area < NOISE_M2
        twice = shapely.area(plane.flatten(own)).sum() - plane.flatten(area).area
        assert abs(twice) < NOISE_M2


def assert_coherent(state: PlanState, town: Town) -> None:
    """Assert that grids are unions of their cells, and every site in one cell alone."""
    assert_covers(state.cells, town.communities)
    plane = LocalPlane.of(town.communities.polygons, degrees=True)
    polygons = dict(zip(*outlines(state.cells), strict=True))
    for grid, whole in territories(state).items():
        parts = np.array([polygons[cell] for cell in state.members()[grid]], dtype=object)
        assert abs(plane.flatten(whole).area - shapely.area(plane.flatten(parts)).sum()) < NOISE_M2
    assert state.owners.keys() <= state.cells.keys()
    tree = shapely.STRtree(list(polygons.values()))
    sites = np.asarray(shapely.points(town.sites), dtype=object)
    inside, touched = (
        np.bincount(tree.query(sites, predicate=predicate)[0], minlength=len(sites))
        for predicate in ("within", "intersects")
    )
    assert (inside <= 1).all()
    assert (touched >= 1).all()


@given(towns())
@settings(max_examples=50)
def test_cells_cover_their_communities_and_nothing_else(town: Town) -> None:
    made = town.partition()
    assert_covers(made.cells, town.communities)
    again = town.partition()
    assert list(again.cells.items()) == list(made.cells.items())
    assert again.owners == made.owners


@given(towns())
@settings(max_examples=50)
def test_cells_have_the_grid_that_lies_there_but_for_slivers(town: Town) -> None:
    made = town.partition()
    plane = LocalPlane.of(town.communities.polygons, degrees=True)
    blocks = shapely.from_wkb([cell.wkb for cell in town.blocks.cells])
    for key, cell in made.cells.items():
        ground = shapely.from_wkb(cell.wkb)
        owner = made.owners[key]
        drawn = town.grids.polygons[town.grids.keys.index(owner)] if owner else shapely.Point()
        taken = shapely.difference(ground, drawn) if owner else shapely.Point()
        pieces = [
            one for part in _apart(taken, blocks) for one in _apart(part, town.grids.polygons)
        ]
        for stray in shapely.get_parts(pieces):
            assert mean_width(plane.flatten(stray)) <= 1.0


def _apart(ground: Any, polygons: Iterable[Any]) -> Iterator[Any]:
    """Part ground by who has it: the first of polygons that overlap, last what nobody has."""
    for polygon in polygons:
        if ground.intersects(polygon):
            yield shapely.intersection(ground, polygon)
            ground = shapely.difference(ground, polygon)
    yield ground


@given(towns())
@settings(max_examples=30)
def test_cells_cut_again_along_the_same_boundaries_stay_bit_by_bit(town: Town) -> None:
    made = town.partition()
    again = cells_of(Blocks.of(made.cells), town.communities, _as_drawn(town, made.cells))
    assert dict(again.cells) == dict(made.cells)


def _as_drawn(town: Town, cells: Mapping[str, Cell]) -> Areas:
    """Return the grids as they came out: slivers are where they went."""
    state = PlanState.of(cells, town.partition().owners, {})
    whole = {
        grid: shapely.coverage_union_all(shapely.from_wkb([cells[key].wkb for key in keys]))
        for grid, keys in state.members().items()
    }
    polygons = np.empty(len(whole), dtype=object)
    polygons[:] = list(whole.values())
    return Areas(tuple(whole), polygons)


@dataclass
class Editor:
    """A draft of a town under edits that a generator of numbers makes up."""

    town: Town
    state: PlanState
    log: list[Changes]
    used: set[str]

    def edit(self, kind: str, seed: int) -> None:
        """Make an edit, unless it is refused."""
        rng = np.random.default_rng(seed)
        if kind == "undo":
            if self.log:
                self._make(inverted(self.log.pop()))
            return
        made = getattr(self, f"_{kind}")(rng)
        if isinstance(made, Refusal) or not made or refusals(self.state, made):
            return
        self._make(from_json(to_json(made)))
        self.log.append(made)

    def _make(self, changes: Changes) -> None:
        assert conflicts(self.state, changes) == []
        self.state = changed(self.state, changes)
        self.used |= self.state.cells.keys()

    def _paint(self, rng: np.random.Generator) -> Changes:
        grid = self._any(rng, self.state.grids)
        near = [key for key, one in self.state.cells.items() if one.community == grid[:12]]
        chosen = {near[row] for row in rng.integers(len(near), size=3)}
        return {"owner": {key: (self.state.owner(key), grid) for key in sorted(chosen)}}

    def _merge(self, rng: np.random.Generator) -> Changes:
        one, other = self._any(rng, self.state.grids), self._any(rng, self.state.grids)
        return {"owner": dict.fromkeys(self.state.members()[one], (one, other))}

    def _cut(self, rng: np.random.Generator) -> Changes | Refusal:
        count = int(rng.integers(2, 4))
        line = np.column_stack(
            [
                rng.uniform(WEST - STEP / 5, EAST + STEP / 5, count),
                rng.uniform(SOUTH - STEP / 5, NORTH + STEP / 5, count),
            ]
        )
        if rng.random() < 0.3:
            line[0], line[-1] = self._vertex(rng), self._vertex(rng)
        only = [self._any(rng, self.state.cells)] if rng.random() < 0.3 else None
        return cut(self.state, _rounded(rng, line).tolist(), cells=only, used=self.used)

    def _drag(self, rng: np.random.Generator) -> Changes | Refusal:
        moves = []
        for _ in range(int(rng.integers(1, 3))):
            start = self._vertex(rng) if rng.random() < 0.6 else self._border(rng)
            reach = float(rng.choice([0.05, 0.2, 1.0])) * STEP
            end = self._vertex(rng) if rng.random() < 0.1 else start + rng.uniform(-reach, reach, 2)
            lon, lat = _rounded(rng, start).tolist()
            moves.append(Move((lon, lat), tuple(_rounded(rng, end).tolist())))
        return drag(self.state, moves)

    def _split(self, rng: np.random.Generator) -> Changes | Refusal:
        grid = self._any(rng, self.state.grids)
        x, y = rng.uniform(WEST, EAST), rng.uniform(SOUTH, NORTH)
        line = [[x, SOUTH - STEP], [x + rng.uniform(-STEP, STEP), NORTH + STEP]]
        if rng.random() < 0.5:
            line = [[WEST - STEP, y], [EAST + STEP, y]]
        code = f"{grid[:12]}{100 + len(self.used):03d}"
        sites = Sites(self.town.sites, np.ones(len(self.town.sites), dtype=np.int64))
        new = NewGrid(code, PlannedGrid(code, code))
        return split_along(self.state, grid, line, new, Known(sites, self.used))

    def _any(self, rng: np.random.Generator, keys: Mapping[str, Any]) -> str:
        return sorted(keys)[int(rng.integers(len(keys)))]

    def _vertex(self, rng: np.random.Generator) -> Any:
        vertices = shapely.get_coordinates(outlines(self.state.cells)[1])
        return vertices[rng.integers(len(vertices))]

    def _border(self, rng: np.random.Generator) -> Any:
        polygons = outlines(self.state.cells)[1]
        border = shapely.boundary(polygons[rng.integers(len(polygons))])
        return shapely.get_coordinates(
            shapely.line_interpolate_point(border, rng.random(), normalized=True)
        )[0]


def _rounded(rng: np.random.Generator, places: Any) -> Any:
    """Return places as screens send them, half of the time."""
    return places.round(7) if rng.random() < 0.5 else places


@given(
    towns(),
    st.lists(st.tuples(st.sampled_from(EDITS), st.integers(0, 2**32 - 1)), min_size=1, max_size=10),
)
@settings(max_examples=80)
def test_any_edits_keep_a_coverage_and_can_be_taken_back(
    town: Town, edits: list[tuple[str, int]]
) -> None:
    begins = town.state()
    editor = Editor(town, begins, [], set(begins.cells))
    for kind, seed in edits:
        editor.edit(kind, seed)
        assert_coherent(editor.state, town)
    for _ in range(len(editor.log)):
        editor.edit("undo", 0)
    assert editor.state.values == begins.values


LOT = STEP / 2


def two_by_two(*, grids: bool = True) -> tuple[Blocks, Areas, Areas]:
    """Return four square blocks of one community, and a grid for the left and the right half."""
    squares = {
        f"{x}{y}": shapely.box(
            WEST + x * LOT, SOUTH + y * LOT, WEST + (x + 1) * LOT, SOUTH + (y + 1) * LOT
        )
        for x in (0, 1)
        for y in (0, 1)
    }
    whole = shapely.union_all(list(squares.values()))
    west, south, east, north = whole.bounds
    halves = [
        shapely.box(west, south, west + LOT, north),
        shapely.box(west + LOT, south, east, north),
    ]
    cells = {key: Cell(written(square), ONE, key, f"c{key}") for key, square in squares.items()}
    drawn = Areas((f"{ONE}001", f"{ONE}002"), np.array(halves, dtype=object))
    return (
        Blocks.of(cells),
        Areas((ONE,), np.array([whole], dtype=object)),
        drawn if grids else Areas((), np.array([], dtype=object)),
    )


def test_a_boundary_within_the_tolerance_of_a_border_is_the_border() -> None:
    blocks, communities, grids = two_by_two()
    metre = 1 / 99_500  # degrees of longitude at 26.74° N
    for aside, cut_blocks in ((0.4, 0), (-0.4, 0), (2.5, 2)):
        wider = shapely.box(WEST, SOUTH, WEST + LOT + aside * metre, SOUTH + STEP)
        drawn = Areas(grids.keys, np.array([wider, communities.polygons[0]], dtype=object))
        made = cells_of(blocks, communities, drawn, sliver_m=1.0)
        pieces = [cell for key, cell in made.cells.items() if key != cell.block]
        assert len({cell.block for cell in pieces}) == cut_blocks
        assert (made.snapped_m2 > 0) == (cut_blocks == 0)
        if not cut_blocks:
            assert list(made.cells.values()) == list(blocks.cells)
            assert [made.owners[key] for key in ("00", "10")] == list(grids.keys)


def test_pieces_of_a_block_keep_what_is_known_of_it() -> None:
    blocks, communities, grids = two_by_two()
    across = shapely.box(WEST + LOT / 2, SOUTH, WEST + 1.5 * LOT, SOUTH + STEP)
    drawn = Areas(grids.keys, np.array([across, communities.polygons[0]], dtype=object))
    made = cells_of(blocks, communities, drawn)
    assert set(made.cells) == {f"{block}/{piece}" for block in blocks.keys for piece in (1, 2)}
    for cell in made.cells.values():
        assert cell.community == ONE
        assert cell.compound == f"c{cell.block}"


def test_ground_without_a_block_becomes_cells_of_its_own() -> None:
    blocks, communities, grids = two_by_two()
    made = cells_of(Blocks(blocks.keys[1:], blocks.cells[1:]), communities, grids)
    assert [key for key, cell in made.cells.items() if not cell.block] == [f"~{ONE}/1"]
    assert made.owners[f"~{ONE}/1"] == f"{ONE}001"
    assert_covers(made.cells, communities)
    bare = cells_of(Blocks((), ()), communities, grids)
    assert list(bare.owners.values()) == list(grids.keys)


def test_a_grid_above_another_has_its_ground() -> None:
    blocks, communities, grids = two_by_two()
    above = shapely.buffer(shapely.Point(WEST + LOT, SOUTH + LOT), LOT / 3)
    both = np.array([above, *grids.polygons], dtype=object)
    made = cells_of(blocks, communities, Areas(("above", *grids.keys), both))
    state = PlanState.of(made.cells, made.owners, {})
    plane = LocalPlane.of(communities.polygons, degrees=True)
    held = shapely.union_all(
        shapely.from_wkb([made.cells[key].wkb for key in state.members()["above"]])
    )
    assert plane.flatten(shapely.symmetric_difference(held, above)).area < NOISE_M2


def test_without_grids_nothing_is_cut_and_nothing_has_an_owner() -> None:
    blocks, communities, _ = two_by_two()
    made = cells_of(blocks, communities, two_by_two(grids=False)[2])
    assert dict(made.cells) == dict(zip(blocks.keys, blocks.cells, strict=True))
    assert set(made.owners.values()) == {None}


def test_a_line_cuts_what_it_crosses_and_gives_neighbours_its_ends() -> None:
    blocks, communities, grids = two_by_two()
    made = cells_of(blocks, communities, grids)
    state = PlanState.of(
        made.cells, made.owners, {key: PlannedGrid(key, key) for key in grids.keys}
    )
    middle = SOUTH + LOT / 2
    line = [[WEST - LOT, middle], [WEST + 1.5 * LOT, middle]]
    changes = cut(state, line, used=state.cells.keys())
    assert not isinstance(changes, Refusal)
    after = changed(state, changes)
    assert after.cells.keys() == {"00/1", "00/2", "01", "10", "11"}
    assert [WEST + LOT, middle] in shapely.get_coordinates(
        shapely.from_wkb(after.cells["10"].wkb)
    ).tolist()
    assert_covers(after.cells, communities)
    assert cut(state, line, used=(), cells=["00", "10"]) == Refusal("line_does_not_cross", "10")


def test_an_end_that_falls_short_by_less_than_a_metre_reaches_the_border() -> None:
    blocks, communities, grids = two_by_two()
    made = cells_of(blocks, communities, grids)
    state = PlanState.of(made.cells, made.owners, {})
    middle, metre = SOUTH + LOT / 2, 1 / 99_500
    for short, reaches in ((0.5, True), (3.0, False)):
        line = [[WEST + short * metre, middle], [WEST + LOT - short * metre, middle]]
        made_cut = cut(state, line, used=())
        assert isinstance(made_cut, Refusal) != reaches


@pytest.mark.parametrize(
    ("start", "end", "reason"),
    [
        ((1, 1), (1.2, 1.1), None),
        ((1, 0.5), (1.3, 0.5), None),
        ((1, 1), (1, 0), None),
        ((1, 0.5), (1.5, 1), "cell_folds"),
        ((1, 1), (2.5, 1), "leaves_community"),
        ((1, 0.5), (1.5, 1.5), "over_another_cell"),
        ((1, 0), (1.2, 0), "on_an_outline"),
        ((0.5, 0), (0.5, 0.5), "on_an_outline"),
        ((0.5, 0.5), (0.6, 0.6), "not_on_a_border"),
    ],
)
def test_borders_are_dragged_where_nothing_breaks(
    start: tuple[float, float], end: tuple[float, float], reason: str | None
) -> None:
    blocks, communities, grids = two_by_two()
    made = cells_of(blocks, communities, grids)
    state = PlanState.of(made.cells, made.owners, {})
    places = [(WEST + x * LOT, SOUTH + y * LOT) for x, y in (start, end)]
    changes = drag(state, [Move(*places)])
    if reason is not None:
        assert isinstance(changes, Refusal)
        assert changes.reason == reason
        return
    assert not isinstance(changes, Refusal)
    assert len(changes["shape"]) == (4 if start == (1, 1) else 2)
    assert_covers(changed(state, changes).cells, communities)
