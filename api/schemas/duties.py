"""The catalogue of duties: asking for it, amending it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.schemas.locating import Asked, NamedOut, Out
from api.schemas.values import MOST_NAME, Code, Name, NoNul

MOST_WORDS = 1000
LONGEST_ALLOWANCE = 999

Words = Annotated[str, StringConstraints(max_length=MOST_WORDS, strip_whitespace=True), NoNul]
Called = Annotated[
    str, StringConstraints(min_length=1, max_length=MOST_NAME, strip_whitespace=True), NoNul
]
DutyCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,19}$")]
Kind = Literal["component", "event"]
Answerer = Literal["owner", "territory"]
Unit = Literal["work_hour", "work_day"]

KIND = "`component` (部件: a thing with an owner) or `event` (事件)."
ANSWERS_FIRST = "Who answers first: `owner` of the thing, or whoever has the `territory`."
COUNTS = "What counts as such a case (立案条件)."
SETTLED = "What it takes to be settled (结案条件)."


class DutiesQuery(Asked):
    """Whose duties."""

    jurisdiction: Code | None = Field(default=None, description="Slug; else all.")
    retired: bool = Field(default=False, description="With those that are not offered any more.")


class DutyQuery(Asked):
    """Which jurisdiction's duty."""

    jurisdiction: Code | None = Field(default=None, description="Slug, where codes repeat.")


class In(BaseModel):
    """Part of a body; what isn't known is refused."""

    model_config = ConfigDict(extra="forbid")


class AllowanceIn(In):
    """How long a stage may take, in working time."""

    amount: int = Field(ge=1, le=LONGEST_ALLOWANCE)
    unit: Unit


class DeadlinesIn(In):
    """Of each stage that has one."""

    dispatch: AllowanceIn | None = None
    accept: AllowanceIn | None = None
    handle: AllowanceIn | None = None
    feed_back: AllowanceIn | None = None


class DutyIn(In):
    """All that a version of a duty says."""

    jurisdiction: Code | None = Field(default=None, description="Slug, where there are several.")
    name: Called
    name_en: Name = ""
    kind: Kind = Field(description=KIND)
    department: Code = Field(description="Code of the department that answers.")
    private: bool = Field(description="Whether its cases are kept from the public.")
    answers_first: Answerer | None = Field(
        default=None, description=f"{ANSWERS_FIRST} By default by the kind."
    )
    counts: Words = Field(default="", description=COUNTS)
    counts_en: Words = ""
    settled: Words = Field(default="", description=SETTLED)
    settled_en: Words = ""
    deadlines: DeadlinesIn = DeadlinesIn()
    retired: bool = Field(default=False, description="Whether it is not offered any more.")
    note: Words = Field(default="", description="Why it is amended.")


class NewDutyIn(DutyIn):
    """A duty that is added."""

    code: DutyCode


class AmendedDutyIn(DutyIn):
    """A further version of a duty."""

    version: int = Field(ge=1, description="The version that was read.")


class AllowanceOut(Out):
    """How long a stage may take, in working time."""

    amount: int
    unit: str = Field(description="`work_hour` or `work_day`.")


class DeadlinesOut(Out):
    """Of each stage; null where it has none."""

    dispatch: AllowanceOut | None
    accept: AllowanceOut | None
    handle: AllowanceOut | None
    feed_back: AllowanceOut | None


class DutyOut(NamedOut):
    """A duty (职责) as a version of the catalogue has it."""

    jurisdiction: str
    version: int
    kind: str = Field(description=KIND)
    department: NamedOut
    private: bool
    answers_first: str = Field(description=ANSWERS_FIRST)
    counts: str = Field(description=COUNTS)
    counts_en: str
    settled: str = Field(description=SETTLED)
    settled_en: str
    deadlines: DeadlinesOut
    retired: bool


class DutiesOut(Out):
    """The catalogue (网格事项清单)."""

    duties: list[DutyOut]


class DutyVersionOut(DutyOut):
    """A version, and what was new in it."""

    made_at: datetime
    note: str
    changed: list[str] = Field(description="The fields that differ from the version before.")


class DutyVersionsOut(Out):
    """The versions of a duty, newest first."""

    versions: list[DutyVersionOut]
