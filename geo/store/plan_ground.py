"""Reading the ground (底图数据) that plans of a jurisdiction are drawn over and weighed by.

Counts come from functions of the database that name nobody, and are empty for whoever may not
weigh the grids; names are those of people at work, and are empty for whoever reads by a link.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely
from sqlalchemy import Float, func, select, text

from geo.core.crs import transform, transform_geometry
from geo.core.ground import (
    Buildings,
    CommunityArea,
    CompoundArea,
    Ground,
    Lines,
    OpenIssues,
    StationSites,
    UnitByHand,
    Waters,
    Worker,
)
from geo.core.walking import nearest_on_foot, walking_network
from geo.store.models import (
    Block,
    Building,
    Community,
    Compound,
    Issue,
    Jurisdiction,
    Road,
    Station,
    Street,
    Unit,
    Water,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from numpy.typing import NDArray
    from sqlalchemy import Row
    from sqlalchemy.orm import InstrumentedAttribute, Session

    Shapes = NDArray[np.object_]
    Floats = NDArray[np.float64]

WGS84 = 4326


class Leave(NamedTuple):
    """What whoever asks may see of a jurisdiction's ground: its counts, and names at work."""

    counts: bool
    names: bool


def leave_to_weigh(session: Session, jurisdiction_id: int) -> Leave:
    """Return what whoever asks may see of a jurisdiction's ground."""
    asked = text("SELECT asker_weighs(:id), asker_weighs(:id, names => true)")
    counts, names = session.execute(asked, {"id": jurisdiction_id}).one()
    return Leave(counts, names)


def ground_version(session: Session) -> str:
    """Return a text that is another one whenever the ground of any jurisdiction has changed."""
    version: str = session.scalars(text("SELECT ground_version()")).one()
    return version


def read_ground(session: Session, jurisdiction_id: int) -> Ground:
    """Return the ground of a jurisdiction.

    Parameters
    ----------
    session
        A transaction; who asks in it decides which counts, names and issues there are.
    jurisdiction_id
        Key.

    Raises
    ------
    sqlalchemy.exc.NoResultFound
        When there is no such jurisdiction.
    """
    slug, srid = session.execute(
        select(Jurisdiction.slug, Jurisdiction.metric_srid).where(
            Jurisdiction.id == jurisdiction_id
        )
    ).one()
    counts = session.execute(_PLANNED_UNITS, {"id": jurisdiction_id}).all()
    buildings = _buildings(session, jurisdiction_id, srid, counts)
    roads = _roads(session, jurisdiction_id, srid)
    stations = _stations(session, jurisdiction_id, srid)
    walks = nearest_on_foot(walking_network(roads.lines[roads.walkable]), buildings.xy, stations.xy)
    return Ground(
        jurisdiction=slug,
        srid=srid,
        buildings=buildings,
        communities=_communities(session, jurisdiction_id, srid),
        compounds=_compounds(session, jurisdiction_id, srid),
        roads=roads,
        waters=_waters(session, jurisdiction_id, srid),
        stations=stations,
        workers=_workers(session, jurisdiction_id, buildings),
        open_issues=read_open_issues(session, jurisdiction_id, buildings),
        by_hand=_by_hand(session, jurisdiction_id, buildings, counts),
        walk_m=walks.walk_m,
        walk_station=walks.station,
    )


def read_open_issues(session: Session, jurisdiction_id: int, buildings: Buildings) -> OpenIssues:
    """Return the open issues of a jurisdiction that whoever asks may read, by number."""
    statement = (
        select(
            Issue.id,
            Issue.number,
            Issue.state,
            func.ST_X(Issue.location, type_=Float()).label("lon"),
            func.ST_Y(Issue.location, type_=Float()).label("lat"),
            Unit.building_id,
            Issue.current_grid_id,
        )
        .outerjoin(Unit, Unit.id == Issue.unit_id)
        .where(Issue.jurisdiction_id == jurisdiction_id, Issue.closed_at.is_(None))
        .order_by(Issue.number)
    )
    rows = session.execute(statement).all()
    row_of = _rows_by_key(buildings)
    nowhere = (np.nan, np.nan)
    return OpenIssues(
        keys=tuple(row.id for row in rows),
        numbers=tuple(row.number for row in rows),
        states=tuple(row.state for row in rows),
        sites=_pairs(nowhere if row.lon is None else (row.lon, row.lat) for row in rows),
        buildings=np.array([row_of.get(row.building_id, -1) for row in rows], dtype=np.int64),
        grids=tuple(
            "" if row.current_grid_id is None else str(row.current_grid_id) for row in rows
        ),
    )


_PLANNED_UNITS = text("SELECT * FROM planned_units(:id) ORDER BY unit_id")
_PLANNED_BY_HAND = text("SELECT * FROM planned_by_hand(:id) ORDER BY unit_id")
_PLANNED_WORKERS = text(
    "SELECT * FROM planned_workers(:id)"
    ' ORDER BY community_code COLLATE "C", code COLLATE "C", building_id, unit_id, grid_id'
)


def _buildings(
    session: Session, jurisdiction_id: int, srid: int, counts: Sequence[Row[Any]]
) -> Buildings:
    statement = (
        select(
            Building.id,
            Building.code,
            Building.address,
            func.ST_X(Building.site, type_=Float()).label("lon"),
            func.ST_Y(Building.site, type_=Float()).label("lat"),
            func.ST_AsBinary(Building.geom).label("wkb"),
            func.coalesce(Compound.code, "").label("compound"),
            Block.code.label("block"),
        )
        .join(Block, Block.id == Building.block_id)
        .outerjoin(Compound, Compound.id == Building.compound_id)
        .where(Building.jurisdiction_id == jurisdiction_id)
        .order_by(Building.code.collate("C"))
    )
    rows = session.execute(statement).all()
    keys = np.array([row.id for row in rows], dtype=np.int64)
    sites = _pairs((row.lon, row.lat) for row in rows)
    totals = _totals(keys, counts)
    return Buildings(
        keys=keys,
        codes=tuple(row.code for row in rows),
        addresses=tuple(row.address for row in rows),
        sites=sites,
        xy=_metres(sites, srid),
        footprints=_shapes([row.wkb for row in rows], srid),
        compounds=tuple(row.compound for row in rows),
        blocks=tuple(row.block for row in rows),
        households=totals["households"],
        people=totals["people"],
        units=totals["units"],
        households_answered=totals["households_answered"],
        units_answered=totals["units_answered"],
        answered=totals["answered"] > 0,
    )


def _totals(keys: NDArray[np.int64], counts: Sequence[Row[Any]]) -> dict[str, NDArray[np.int64]]:
    """Return what the units of every building come to."""
    order = np.argsort(keys, kind="stable")
    ids = np.array([one.building_id for one in counts], dtype=np.int64)
    rows = order[np.searchsorted(keys[order], ids)] if len(ids) else ids
    values: dict[str, list[int]] = {
        "households": [one.households for one in counts],
        "people": [one.people for one in counts],
        "units": [1] * len(counts),
        "households_answered": [one.households_answered for one in counts],
        "units_answered": [int(one.unit_answered) for one in counts],
        "answered": [int(one.building_answered) for one in counts],
    }
    found = {}
    for name, each in values.items():
        total = np.zeros(len(keys), dtype=np.int64)
        np.add.at(total, rows, np.array(each, dtype=np.int64))
        found[name] = total
    return found


def _communities(session: Session, jurisdiction_id: int, srid: int) -> tuple[CommunityArea, ...]:
    statement = (
        select(
            Community.code,
            Community.name,
            Community.name_en,
            func.ST_AsBinary(Community.area).label("wkb"),
        )
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(Community.code.collate("C"))
    )
    rows = session.execute(statement).all()
    areas = _shapes([row.wkb for row in rows], srid)
    return tuple(
        CommunityArea(row.code, row.name, row.name_en, area)
        for row, area in zip(rows, areas, strict=True)
    )


def _compounds(session: Session, jurisdiction_id: int, srid: int) -> tuple[CompoundArea, ...]:
    statement = (
        select(
            Compound.code,
            Community.code.label("community"),
            Compound.name,
            Compound.name_en,
            func.ST_AsBinary(Compound.geom).label("wkb"),
        )
        .join(Community, Community.id == Compound.community_id)
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(Community.code.collate("C"), Compound.code.collate("C"))
    )
    rows = session.execute(statement).all()
    areas = _shapes([row.wkb for row in rows], srid)
    return tuple(
        CompoundArea(row.code, row.community, row.name, row.name_en, area)
        for row, area in zip(rows, areas, strict=True)
    )


def _roads(session: Session, jurisdiction_id: int, srid: int) -> Lines:
    rows = _named_shapes(session, Road, Road.walkable, jurisdiction_id)
    return Lines(
        lines=_shapes([row.wkb for row in rows], srid),
        kinds=tuple(row.kind for row in rows),
        names=tuple(row.name for row in rows),
        walkable=np.array([row.extra for row in rows], dtype=bool),
    )


def _waters(session: Session, jurisdiction_id: int, srid: int) -> Waters:
    rows = _named_shapes(session, Water, Water.id, jurisdiction_id)
    return Waters(
        shapes=_shapes([row.wkb for row in rows], srid),
        kinds=tuple(row.kind for row in rows),
        names=tuple(row.name for row in rows),
    )


def _named_shapes(
    session: Session,
    table: type[Road | Water],
    extra: InstrumentedAttribute[Any],
    jurisdiction_id: int,
) -> Sequence[Row[Any]]:
    statement = (
        select(
            table.kind,
            table.name,
            extra.label("extra"),
            func.ST_AsBinary(table.geom).label("wkb"),
        )
        .where(table.jurisdiction_id == jurisdiction_id)
        .order_by(table.id)
    )
    return session.execute(statement).all()


def _stations(session: Session, jurisdiction_id: int, srid: int) -> StationSites:
    statement = (
        select(
            Station.code,
            Station.kind,
            Station.name,
            Station.name_en,
            Community.code.label("community"),
            func.ST_X(Station.geom, type_=Float()).label("lon"),
            func.ST_Y(Station.geom, type_=Float()).label("lat"),
        )
        .join(Community, Community.id == Station.community_id)
        .join(Street, Street.id == Community.street_id)
        .where(Street.jurisdiction_id == jurisdiction_id)
        .order_by(Community.code.collate("C"), Station.code.collate("C"))
    )
    rows = session.execute(statement).all()
    sites = _pairs((row.lon, row.lat) for row in rows)
    return StationSites(
        codes=tuple(row.code for row in rows),
        kinds=tuple(row.kind for row in rows),
        names=tuple(row.name for row in rows),
        names_en=tuple(row.name_en for row in rows),
        communities=tuple(row.community for row in rows),
        sites=sites,
        xy=_metres(sites, srid),
    )


def _workers(session: Session, jurisdiction_id: int, buildings: Buildings) -> tuple[Worker, ...]:
    row_of = _rows_by_key(buildings)
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in session.execute(_PLANNED_WORKERS, {"id": jurisdiction_id}):
        found[row.member_id].append(row)
    return tuple(
        Worker(
            code=rows[0].code,
            name=rows[0].name,
            role=rows[0].role,
            community=rows[0].community_code,
            grids=tuple(str(row.grid_id) for row in rows if row.grid_id is not None),
            buildings=tuple(row_of[row.building_id] for row in rows if row.building_id is not None),
            units=tuple(row.unit_id for row in rows if row.unit_id is not None),
        )
        for rows in found.values()
    )


def _by_hand(
    session: Session, jurisdiction_id: int, buildings: Buildings, counts: Sequence[Row[Any]]
) -> tuple[UnitByHand, ...]:
    row_of = _rows_by_key(buildings)
    count_of = {one.unit_id: one for one in counts}
    return tuple(
        UnitByHand(
            unit=unit_id,
            building=row_of[count_of[unit_id].building_id],
            grid=str(grid_id),
            households=count_of[unit_id].households,
            people=count_of[unit_id].people,
            households_answered=count_of[unit_id].households_answered,
            answered=count_of[unit_id].unit_answered,
        )
        for unit_id, grid_id in session.execute(_PLANNED_BY_HAND, {"id": jurisdiction_id})
    )


def _rows_by_key(buildings: Buildings) -> dict[int, int]:
    return {key: row for row, key in enumerate(buildings.keys.tolist())}


def _pairs(values: Any) -> Floats:
    return np.array(list(values), dtype=np.float64).reshape(-1, 2)


def _metres(sites: Floats, srid: int) -> Floats:
    return np.column_stack(transform(sites[:, 0], sites[:, 1], WGS84, srid))


def _shapes(wkb: Sequence[bytes], srid: int) -> Shapes:
    shapes = shapely.from_wkb(np.array([bytes(one) for one in wkb], dtype=object))
    moved: Shapes = transform_geometry(np.atleast_1d(shapes), WGS84, srid)
    return moved
