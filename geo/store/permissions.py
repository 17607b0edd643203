"""What every role may do with every table: the one matrix (权限矩阵).

It says what the policies in ``sql/policies.sql`` come to; the service's grants and the page in the
documentation are made from it, and the tests ask the database whether it agrees, cell by cell.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from geo.store.models.accounts import ACCOUNT_ROLES, AT_WORK

if TYPE_CHECKING:
    from collections.abc import Mapping

Reach = Literal["none", "own", "all"]
Verb = Literal["read", "insert", "change", "delete"]

VERBS: tuple[Verb, ...] = ("read", "insert", "change", "delete")

ROLES = ("resident", *ACCOUNT_ROLES, "service")
"""Who may ask: residents without an account, the accounts' roles, the service for its own work."""

NOBODY = "nobody"
"""A transaction that does not say who is asking: reads what is public, and nothing else."""


@dataclass(frozen=True, slots=True)
class TableRules:
    """What may be done with one table.

    Parameters
    ----------
    table
        Its name.
    holds
        What stands in it.
    why
        The reason for its rules.
    public
        Whether everybody reads all of it; then ``read`` is empty.
    read, insert, change, delete
        How far each role reaches; a role that is not named reaches nothing. ``own`` is the
        role's territory, or what a resident has reported; ``all`` is the role's jurisdiction, and
        in the part of public tables everything.
    hidden
        Columns that the service can't read.
    changeable
        The columns that may be changed; empty where nothing changes.
    """

    table: str
    holds: str
    why: str
    public: bool = False
    read: Mapping[str, Reach] = field(default_factory=dict)
    insert: Mapping[str, Reach] = field(default_factory=dict)
    change: Mapping[str, Reach] = field(default_factory=dict)
    delete: Mapping[str, Reach] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    changeable: tuple[str, ...] = ()

    def reach(self, role: str, verb: Verb) -> Reach:
        """Return how far a role reaches.

        Examples
        --------
        >>> TableRules("road", "Roads", "", public=True).reach("resident", "read")
        'all'
        >>> TableRules("road", "Roads", "", public=True).reach("resident", "delete")
        'none'
        """
        if verb == "read" and self.public:
            return "all"
        rights: Mapping[str, Reach] = getattr(self, verb)
        return rights.get(role, "none")


def _public(table: str, holds: str, why: str = "The map and the counter need it.") -> TableRules:
    return TableRules(table, holds, why, public=True)


def _closed(table: str, holds: str, why: str) -> TableRules:
    return TableRules(table, holds, why)


_PLANNED: dict[str, Reach] = {"planner": "all"}
_OWN_WORK: dict[str, Reach] = dict.fromkeys(AT_WORK, "own")
_REPORTING: dict[str, Reach] = {"resident": "own", **_OWN_WORK}
_CASES: dict[str, Reach] = {
    "resident": "own",
    **_OWN_WORK,
    "planner": "all",
    "auditor": "all",
    "administrator": "all",
}
_WATCHERS: dict[str, Reach] = {"auditor": "all", "administrator": "all"}
_DRAFTS: dict[str, Reach] = {"resident": "own", "planner": "all", **_WATCHERS}
_KEPT: dict[str, Reach] = {"community_staff": "own", "administrator": "all"}
_HOMES: dict[str, Reach] = {"grid_worker": "own", "community_staff": "own"}

MATRIX: tuple[TableRules, ...] = (
    _public("jurisdiction", "Jurisdictions (辖区) and their areas"),
    _public("street", "Streets (街道)"),
    _public("community", "Communities (社区) and their areas"),
    _public("work_hours", "When offices work"),
    _public("calendar_day", "Public holidays and make-up working days"),
    TableRules(
        "generation",
        "Generations (各期方案): when which plan is in force",
        "Everybody may know; planners publish.",
        public=True,
        insert=_PLANNED,
        change=_PLANNED,
        changeable=("validity", "note"),
    ),
    TableRules(
        "grid",
        "Grids (网格) through their generations",
        "Everybody may know; planners publish.",
        public=True,
        insert=_PLANNED,
    ),
    TableRules(
        "grid_version",
        "Grids as a generation draws them",
        "Everybody may know; planners publish, and nobody changes what is published.",
        public=True,
        insert=_PLANNED,
    ),
    _public(
        "party_branch",
        "Party branches (党支部) of grids, with their office numbers",
        "Everybody may know whom to ask; a generation that comes into force names new ones.",
    ),
    _public("compound", "Compounds (小区)"),
    _public("block", "Blocks: what grids are made of"),
    _public("building", "Buildings (楼栋): shape, address, kind"),
    _public("unit", "Units (单元) of buildings: number and name", "Reporters name them."),
    _public("unit_assignment", "The grid of every unit, derived", "It follows from public maps."),
    _public("station", "Red stations (红色驿站) and workstations, with their office numbers"),
    TableRules(
        "opening_rule",
        "When stations are open",
        "Everybody may know; staff of the community and administrators say so.",
        public=True,
        insert=_KEPT,
        delete=_KEPT,
    ),
    TableRules(
        "closure",
        "When stations are closed against their rules",
        "As of opening rules; one that has been announced is ended, never removed.",
        public=True,
        insert=_KEPT,
        change=_KEPT,
        changeable=("starts_at", "ends_at", "reason", "reason_en"),
    ),
    TableRules(
        "room",
        "Rooms of stations: what they are for, how large they are",
        "As of opening rules.",
        public=True,
        insert=_KEPT,
        change=_KEPT,
        delete=_KEPT,
        changeable=("name", "name_en", "zone", "area_m2"),
    ),
    TableRules(
        "station_service",
        "What stations do for residents (服务事项)",
        "As of opening rules; what was ever booked stays, retired.",
        public=True,
        insert=_KEPT,
        change=_KEPT,
        changeable=(
            *("name", "name_en", "anywhere", "one_window", "needs", "needs_en"),
            *("slot_minutes", "capacity", "days_ahead", "retired_at"),
        ),
    ),
    TableRules(
        "shift",
        "Who is on duty at a station (值班)",
        "Colleagues of the place; everybody learns by a function that somebody is there.",
        read={**_HOMES, "street_dispatcher": "own", **_WATCHERS},
        insert=_KEPT,
        change=_KEPT,
        delete=_KEPT,
        changeable=("member_id", "starts_at", "ends_at", "kind", "published_at"),
    ),
    TableRules(
        "booking",
        "Bookings of services (预约、代办): when, who, a number",
        "Personal data, for the holder of the link and the station's staff; functions book and"
        " cancel.",
        read={"resident": "own", "community_staff": "own", "auditor": "all"},
        change={"community_staff": "own"},
        changeable=("state", "ended_at", "helper_id", "outcome"),
    ),
    _public("road", "Roads"),
    _public("water", "Rivers and lakes"),
    _public("department", "Departments"),
    _public("duty", "Duties (职责) and their departments"),
    _public("duty_deadline", "How long a stage of a duty may take"),
    _public(
        "duty_version",
        "Versions of duties in the catalogue (事项清单)",
        "Cases keep the one that they are judged by; a function lets administrators add one.",
    ),
    _public("paired_unit", "Work units paired with communities (共建单位)"),
    TableRules(
        "plan_draft",
        "Drafts of plans (方案草稿)",
        "Planners draw them; the review goes through a function that knows who had a hand in it. "
        "A link lets its holder read one draft.",
        read=_DRAFTS,
        insert=_PLANNED,
        change=_PLANNED,
        changeable=("name", "note"),
    ),
    TableRules(
        "plan_cell",
        "What a draft began with: its cells",
        "It goes with the draft; the log says what became of them.",
        read=_DRAFTS,
        insert=_PLANNED,
    ),
    TableRules(
        "plan_grid",
        "What a draft began with: its grids",
        "It goes with the draft; the log says what became of them.",
        read=_DRAFTS,
        insert=_PLANNED,
    ),
    TableRules(
        "plan_entry",
        "The log of a draft",
        "Only ever added to, in one's own name.",
        read=_DRAFTS,
        insert=_PLANNED,
    ),
    TableRules(
        "plan_mark",
        "Named places in a draft's log",
        "They go with the draft.",
        read=_DRAFTS,
        insert=_PLANNED,
        delete=_PLANNED,
    ),
    TableRules(
        "plan_comment",
        "Comments (批注) on a draft",
        "They go with the draft, each in its writer's name.",
        read=_DRAFTS,
        insert=_PLANNED,
        change=_PLANNED,
        changeable=("resolved_at",),
    ),
    TableRules(
        "plan_share",
        "Digests of links to drafts",
        "Planners give them out and take them back.",
        read=_PLANNED,
        insert=_PLANNED,
        change=_PLANNED,
        changeable=("revoked_at",),
    ),
    TableRules(
        "plan_step",
        "The review of a draft: who took which step",
        "Written by the function that takes the step.",
        read=_DRAFTS,
    ),
    TableRules(
        "plan_job",
        "Proposals being computed",
        "Planners ask for them and call them off; the service computes.",
        read={"planner": "all", **_WATCHERS, "service": "all"},
        insert=_PLANNED,
        change={"planner": "all", "service": "all"},
        changeable=(
            "state",
            "progress",
            "result",
            "error",
            "attempts",
            "beat_at",
            "ended_at",
        ),
    ),
    _public(
        "public_release",
        "Periods whose counts have been released (公布)",
        "Everybody may know; the owner's own job releases each once.",
    ),
    _public(
        "public_cell",
        "Released counts of issues by place",
        "What is withheld stands in no table.",
    ),
    TableRules(
        "household",
        "Households (户): door and number of people",
        "Workers and staff look after their own; planners weigh grids by them.",
        read={**_HOMES, "planner": "all", "auditor": "all"},
    ),
    TableRules(
        "resident",
        "People of households: name, number, remark",
        "Personal data, for those alone who look after the household; shown masked, and unmasked"
        " on record.",
        read={**_HOMES, "auditor": "all"},
    ),
    TableRules(
        "unit_override",
        "Units put into a grid by hand, with the person and the reason",
        "It names a person. Planners decide, and staff inside their own communities.",
        read={
            **_HOMES,
            "street_dispatcher": "own",
            "planner": "all",
            **_WATCHERS,
        },
        insert={"community_staff": "own", "planner": "all"},
        change={"community_staff": "own", "planner": "all"},
        delete={"community_staff": "own", "planner": "all"},
        changeable=("grid_id", "made_by", "reason", "made_at"),
    ),
    TableRules(
        "member",
        "Members of the teams (团队成员): name, role, number",
        "Colleagues of the place. Whoever reports is told who answers there, by a function that"
        " gives out the numbers of those alone who do so as their work.",
        read={**_HOMES, "street_dispatcher": "own", **_WATCHERS},
    ),
    TableRules(
        "responsibility",
        "Who answers for which area, building, unit, household (包片 包栋 包单元 包户)",
        "It ties a person to a door. A function hands over, for staff of the community and"
        " administrators.",
        read={**_HOMES, "street_dispatcher": "own", **_WATCHERS},
    ),
    TableRules(
        "hand_over",
        "What members answered for when they left, and whom it went to (交接)",
        "As of responsibilities; by it a hand-over can be undone.",
        read={**_HOMES, "street_dispatcher": "own", **_WATCHERS},
    ),
    TableRules(
        "visit",
        "Visits to households (走访): when, by whom, a remark",
        "Personal data of the household, for those alone who look after it.",
        read={**_HOMES, "auditor": "all"},
        insert=_HOMES,
    ),
    TableRules(
        "issue",
        "Issues: what was reported, where it is now",
        "Own are the territory's, the department's, what one has handled (to read), and what"
        " one has reported (to read, by the follow secret).",
        read=_CASES,
        insert=_REPORTING,
        change=_OWN_WORK,
        changeable=(
            *("state", "closed_at", "current_grid_id", "duty_id", "duty_version", "department_id"),
            *("duplicate_of_id", "transfers", "escalated_at", "public"),
        ),
    ),
    TableRules(
        "issue_reporter",
        "Who reported an issue: name and number",
        "Personal data, for those alone whose work is on the issue; shown masked, and unmasked on"
        " record.",
        read={**_OWN_WORK, "auditor": "all"},
        insert=_REPORTING,
    ),
    TableRules(
        "issue_event",
        "The history of issues",
        "It goes with the issue; nobody writes in another's name, and nothing is taken back.",
        read=_CASES,
        insert=_REPORTING,
    ),
    TableRules(
        "issue_follower",
        "Who follows an issue: digest of the link or account, name and number",
        "Personal data, as of reporters; a function lets residents follow what is public.",
        read={"resident": "own", **_OWN_WORK, "auditor": "all"},
    ),
    TableRules(
        "issue_deadline",
        "The clock of a stage of an issue: since when it runs, until when",
        "It goes with the issue; whoever acts on it sets the clocks.",
        read=_CASES,
        insert=_REPORTING,
        change=_OWN_WORK,
        changeable=(
            *("due_at", "started_at", "met_at", "paused_at", "amount", "unit", "extensions"),
            *("remind_at", "reminded_at", "escalated_at"),
        ),
    ),
    TableRules(
        "issue_photo",
        "Photos of issues",
        "They may show people: for those whose work is on the issue, and the reporter.",
        read={"resident": "own", **_OWN_WORK, "auditor": "all"},
        insert=_REPORTING,
    ),
    TableRules(
        "idempotency_key",
        "Answers already given, under digests of keys",
        "A function gives an answer again to who has the key.",
        insert=_REPORTING,
    ),
    TableRules(
        "outbox",
        "Side effects to be carried out",
        "Whoever changes something leaves them; the service delivers.",
        read={"service": "all"},
        insert={**_REPORTING, "service": "all"},
        change={"service": "all"},
        changeable=("delivered_at",),
    ),
    TableRules(
        "delivery",
        "What is told outside about an issue or a booking, and how far that is",
        "Whoever acts leaves it; the service's own jobs send it as the owner; the dispatcher has"
        " it tried again.",
        read={"street_dispatcher": "own", **_WATCHERS},
        insert=_OWN_WORK,
        change={"street_dispatcher": "own"},
        changeable=("state", "next_at", "attempts", "ended_at"),
    ),
    TableRules(
        "account",
        "Accounts (账号)",
        "One's own; administrators and auditors their jurisdictions'. Functions change them, and"
        " look at who is asking. No one reads the digest of a password.",
        read={**_OWN_WORK, "planner": "own", **_WATCHERS},
        hidden=("password_hash",),
    ),
    TableRules(
        "account_role",
        "What an account may do, and where",
        "As of accounts.",
        read={**_OWN_WORK, "planner": "own", **_WATCHERS},
    ),
    _closed("account_identity", "Accounts of OpenID Connect providers", "For signing in alone."),
    _closed("account_session", "Digests of signed-in browsers' tokens", "For signing in alone."),
    _closed("account_browser", "Digests of known browsers' tokens", "For signing in alone."),
    _closed("api_token", "Digests of personal tokens", "For signing in alone."),
    _closed("login_attempt", "Tries to sign in", "For slowing down further ones."),
    _closed("sign_in_flow", "Sign-ins on their way through a provider", "For signing in alone."),
    _closed("service_login", "The service's own login", "For the database's owner alone."),
    TableRules(
        "audit_entry",
        "The audit trail (审计记录)",
        "Written by the database alone; nobody changes or removes an entry.",
        read=_WATCHERS,
    ),
    TableRules(
        "audit_head",
        "The end of the chain: how many entries, and the last digest",
        "To compare with an exported trail.",
        read=_WATCHERS,
    ),
    _closed(
        "audit_pending", "Entries of transactions under way", "They are read when they are chained."
    ),
    _closed("audit_cut", "Where the chain's beginning was cut off", "For the operator's commands."),
    _closed("job_run", "When the service's own jobs last ended", "They run as the owner."),
    _public(
        "sql_file", "Versions of the database's rules", "The service compares it with its own."
    ),
    _public("alembic_version", "Version of the model", "The service compares it with its own."),
)


def rules_of(table: str) -> TableRules:
    """Return the rules of one table.

    Raises
    ------
    KeyError
        When the matrix has none.
    """
    return {one.table: one for one in MATRIX}[table]


def grants(columns: Mapping[str, tuple[str, ...]], role: str) -> list[str]:
    """Return the statements that give the service's login what the roles need, and no more.

    Parameters
    ----------
    columns
        The columns of every table.
    role
        The login, quoted as SQL wants it.
    """
    tables = ", ".join(one.table for one in MATRIX)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {role}",
        f"REVOKE ALL ON {tables} FROM {role}",
        f"GRANT SELECT ON household_assignment TO {role}",
        _CALLS.format(
            role=role.replace("'", "''"),
            closed=", ".join(f"'{name}'" for name in CLOSED_FUNCTIONS),
        ),
    ]
    for one in MATRIX:
        verbs = [verb for verb in _granted(one, columns.get(one.table, ())) if verb]
        if verbs:
            statements.append(f"GRANT {', '.join(verbs)} ON {one.table} TO {role}")
    return statements


CLOSED_FUNCTIONS = ("audit_follow", "audit_home")
"""Functions that triggers call, and nobody else."""

# PostgreSQL lets everybody call a new function. Those that run as the owner open sessions and hand
# out hashes of passwords: they are for the service's login, not for other logins of the server.
_CALLS = """
DO $$
DECLARE
    service CONSTANT text := '{role}';
    known regprocedure;
BEGIN
    FOR known IN
        SELECT oid FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace AND prosecdef
          AND proowner = (SELECT relowner FROM pg_class WHERE oid = 'account'::regclass)
          AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC, %s', known, service);
        IF (SELECT prorettype <> 'trigger'::regtype AND proname NOT IN ({closed})
            FROM pg_proc WHERE oid = known)
        THEN
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %s', known, service);
        END IF;
    END LOOP;
END $$
"""


def _granted(one: TableRules, columns: tuple[str, ...]) -> tuple[str, ...]:
    seen = [name for name in columns if name not in one.hidden]
    select = f"SELECT ({', '.join(seen)})" if one.hidden else "SELECT"
    return (
        select if one.public or one.read else "",
        "INSERT" if one.insert else "",
        f"UPDATE ({', '.join(one.changeable)})" if one.change else "",
        "DELETE" if one.delete else "",
    )
