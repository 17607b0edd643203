"""Figures of a board, and who reported a case as those see it who don't ask for more."""

from pydantic import Field

from api.schemas.locating import Out


class StateCountOut(Out):
    """How many cases are in a state."""

    state: str
    count: int


class GridCountOut(Out):
    """How many open cases a grid has."""

    code: str | None = Field(description="Null: in no grid of the generation in force.")
    open: int
    overdue: int
    escalated: int


class LateOut(Out):
    """A case whose clock has run out: neither words nor place."""

    number: str
    state: str
    stage: str
    due_at: str
    withheld: bool = Field(description="Whether its duty is private, and not told.")
    duty: str | None
    duty_en: str | None
    grid: str | None
    grid_en: str | None


class TodayOut(Out):
    """What happened since midnight where the jurisdiction is."""

    received: int
    closed: int
    ended: int = Field(description="Closed, merged or cancelled.")


class BoardOut(Out):
    """Figures of a board."""

    states: list[StateCountOut]
    grids: list[GridCountOut]
    late: list[LateOut] = Field(description="The longest ago first.")
    today: TodayOut


class MaskedNameOut(Out):
    """Somebody, masked."""

    name: str
    phone: str


class MaskedReporterOut(Out):
    """Who reported a case, masked."""

    reporter: MaskedNameOut | None
