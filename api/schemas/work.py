"""What somebody who walks the grids takes along, as it is answered."""

from pydantic import Field

from api.schemas.locating import BranchOut, NamedOut, Out

Ring = list[list[float]]
Polygons = list[list[Ring]]

POLYGONS = "Coordinates of a MultiPolygon (RFC 7946), in WGS 84."


class WorkJurisdictionOut(Out):
    """A jurisdiction (辖区) that the reader works in."""

    slug: str
    name: str
    name_en: str
    timezone: str
    synthetic: bool
    source: str
    source_en: str
    review_number: str | None


class WorkGridOut(NamedOut):
    """One of the reader's grids, or a neighbour of one."""

    kind: str
    own: bool
    jurisdiction: str
    generation: str
    community: NamedOut
    street: NamedOut
    branch: BranchOut | None
    polygons: Polygons = Field(description=POLYGONS)


class WorkCompoundOut(NamedOut):
    """A compound (小区) with buildings in the reader's grids."""

    community: NamedOut


class WorkDoorOut(Out):
    """The door of a household (户)."""

    id: int
    room: str


class WorkUnitOut(Out):
    """A unit (单元) with its doors."""

    number: int
    name: str
    doors: list[WorkDoorOut]


class WorkBuildingOut(Out):
    """A building (楼栋) in one of the reader's grids."""

    code: str
    name: str
    address: str
    storeys: int
    jurisdiction: str
    grid: str = Field(description="Code.")
    lon: float
    lat: float
    community: NamedOut
    compound: NamedOut | None
    polygons: Polygons = Field(description=POLYGONS)
    units: list[WorkUnitOut]


class WorkStationOut(NamedOut):
    """A red station (红色驿站) or workstation (工作站) of the reader's communities."""

    kind: str
    address: str
    host: str
    phone: str | None
    lon: float
    lat: float


class WorkDutyOut(NamedOut):
    """A duty (职责) that an issue can be reported under."""

    kind: str
    private: bool
    jurisdiction: str
    department: NamedOut


class WorkAreaOut(Out):
    """The reader's grids with all that stands in them; nothing of who lives there."""

    version: str = Field(description="Of the map's data: part of the addresses of tiles.")
    jurisdictions: list[WorkJurisdictionOut]
    grids: list[WorkGridOut] = Field(
        description="In order of precedence: the first that contains a position owns it."
    )
    compounds: list[WorkCompoundOut]
    buildings: list[WorkBuildingOut]
    stations: list[WorkStationOut]
    duties: list[WorkDutyOut]
