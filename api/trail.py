"""What an entry of the audit trail tells, in words that people know."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from api.i18n import translate
from api.labels import ACTORS, AUDIT_ACTIONS, ISSUE_ACTIONS, STAGES, STATES
from api.plan_texts import PLAN_STATES, PROPOSALS, REVIEW
from geo.core.proposing_values import Kind
from geo.core.purposes import PURPOSES
from geo.flows.accounts import ROLE_NAMES
from geo.messages import Message, msg
from geo.store.models import JOB_STATES, PLAN_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

TABLES: dict[str, Message] = {
    "account": msg("Accounts"),
    "account_browser": msg("Known browsers"),
    "account_identity": msg("Linked identities"),
    "account_role": msg("Roles of accounts"),
    "account_session": msg("Sessions"),
    "api_token": msg("Tokens of programs"),
    "audit_entry": msg("Audit trail"),
    "block": msg("Blocks"),
    "booking": msg("Bookings"),
    "building": msg("Buildings"),
    "calendar_day": msg("Holidays and working days"),
    "closure": msg("Closures"),
    "community": msg("Communities"),
    "compound": msg("Compounds"),
    "delivery": msg("Deliveries"),
    "department": msg("Departments"),
    "duty": msg("Duties"),
    "duty_deadline": msg("Deadlines of duties"),
    "duty_version": msg("Versions of duties"),
    "generation": msg("Generations"),
    "grid": msg("Grids"),
    "grid_version": msg("Drawn grids"),
    "hand_over": msg("Hand-overs"),
    "household": msg("Households"),
    "idempotency_key": msg("Repeated requests"),
    "issue": msg("Cases"),
    "issue_deadline": msg("Deadlines of cases"),
    "issue_event": msg("History of cases"),
    "issue_follower": msg("Followers of cases"),
    "issue_photo": msg("Photos"),
    "issue_reporter": msg("Reporters"),
    "jurisdiction": msg("Jurisdictions"),
    "login_attempt": msg("Tries to sign in"),
    "member": msg("Team members"),
    "opening_rule": msg("Opening hours"),
    "outbox": msg("Messages to elsewhere"),
    "paired_unit": msg("Paired work units"),
    "party_branch": msg("Party branches"),
    "person": msg("One person's data"),
    "plan_comment": msg("Comments on drafts"),
    "plan_draft": msg("Drafts of plans"),
    "plan_entry": msg("Logs of drafts"),
    "plan_job": msg("Searches for proposals"),
    "plan_mark": msg("Marks in drafts"),
    "plan_share": msg("Links to drafts"),
    "plan_step": msg("Reviews of drafts"),
    "public_release": msg("Releases to the public"),
    "resident": msg("Residents"),
    "responsibility": msg("Responsibilities"),
    "room": msg("Rooms"),
    "shift": msg("Duty rota"),
    "sign_in_flow": msg("Sign-ins under way"),
    "station": msg("Stations"),
    "station_service": msg("Services of stations"),
    "street": msg("Streets"),
    "unit": msg("Units"),
    "unit_override": msg("Units assigned by hand"),
    "visit": msg("Visits"),
    "work_hours": msg("Working hours"),
}

COLUMNS: dict[str, Message] = {
    "account_id": msg("Account"),
    "action": msg("Action"),
    "amount": msg("Amount"),
    "area_m2": msg("Floor area, m²"),
    "base_generation_id": msg("Begun from"),
    "building_id": msg("Building"),
    "capacity": msg("People at a time"),
    "closed_at": msg("Closed"),
    "closes": msg("Closes"),
    "code": msg("Code"),
    "community_id": msg("Community"),
    "confirmed_at": msg("Confirmed"),
    "current_grid_id": msg("Grid"),
    "day": msg("Day"),
    "days": msg("Days kept"),
    "demonstration": msg("Demonstration"),
    "department_id": msg("Department"),
    "disabled_at": msg("Disabled"),
    "display_name": msg("Shown as"),
    "draft_id": msg("Draft"),
    "due_at": msg("Due"),
    "duty_id": msg("Duty"),
    "endpoint": msg("Where to"),
    "ends_at": msg("Ends"),
    "expires_at": msg("Valid until"),
    "format": msg("Format"),
    "from_state": msg("Before"),
    "generation_id": msg("Generation"),
    "geography": msg("Counted by"),
    "grid_id": msg("Grid"),
    "household_id": msg("Household"),
    "issue_id": msg("Case"),
    "jurisdiction": msg("Jurisdiction"),
    "keys": msg("Rows' keys"),
    "kind": msg("Kind"),
    "least": msg("Published from"),
    "left_at": msg("Left"),
    "level": msg("Level"),
    "media_type": msg("Type of file"),
    "member_id": msg("Team member"),
    "metric_srid": msg("Metric projection"),
    "must_change_password": msg("Must change password"),
    "name": msg("Name"),
    "number": msg("Number"),
    "opens": msg("Opens"),
    "password_changed_at": msg("Password changed"),
    "password_hash": msg("Password"),
    "phone": msg("Telephone"),
    "place": msg("Place"),
    "private": msg("Private"),
    "published_at": msg("Published"),
    "purpose": msg("Purpose"),
    "remark": msg("Remark"),
    "residents": msg("Residents"),
    "resolved_at": msg("Resolved"),
    "retired": msg("Retired"),
    "retired_at": msg("Retired"),
    "review_number": msg("Review number"),
    "revoked_at": msg("Revoked"),
    "role": msg("Role"),
    "rows": msg("Rows"),
    "scopes": msg("Scopes"),
    "sealed": msg("Sealed"),
    "service_id": msg("Service"),
    "sha256": msg("Digest"),
    "slug": msg("Short name"),
    "stage": msg("Stage"),
    "starts": msg("In force from"),
    "starts_at": msg("Begins"),
    "state": msg("State"),
    "station_id": msg("Station"),
    "synthetic": msg("Made up"),
    "table": msg("Table"),
    "text": msg("Text"),
    "timezone": msg("Time zone"),
    "to_state": msg("After"),
    "undoes": msg("Takes back"),
    "undone_at": msg("Undone"),
    "unit": msg("Unit of time"),
    "unit_id": msg("Unit"),
    "validity": msg("In force"),
    "verb": msg("Kind of edit"),
    "version": msg("Version"),
    "visited_at": msg("Visited"),
    "visits": msg("Visits"),
    "way": msg("Way of serving"),
    "weekday": msg("Weekday"),
    "zone": msg("Zone of the room"),
}

VALUES: dict[str, Mapping[str, Message]] = {
    "action": ISSUE_ACTIONS,
    "from_state": STATES,
    "purpose": PURPOSES,
    "role": ROLE_NAMES,
    "stage": STAGES,
    "state": STATES,
    "to_state": STATES,
    "geography": {
        "grid": msg("Grids"),
        "hexagon": msg("Hexagonal cells"),
        "square": msg("Square cells"),
    },
    "plan_draft.state": PLAN_STATES,
    "plan_job.kind": {one: PROPOSALS[one] for one in get_args(Kind)},
    "plan_job.state": {one: PROPOSALS[f"is_{one}"] for one in JOB_STATES},
    "plan_step.action": {one: REVIEW[one] for one in PLAN_ACTIONS},
}
"""Columns whose values are codes with names; those of one table alone go before."""

YES, NO = msg("yes"), msg("no")
FEW = 3
DATABASE = "database:"


class Told(NamedTuple):
    """One thing that an entry tells: the column, its name for people, and the text."""

    column: str
    label: str
    text: str


def actor_said(actor: str, language: str) -> str:
    """Return who did something, where that isn't an account.

    Examples
    --------
    >>> actor_said("hongge load", "en"), actor_said("王五", "en"), actor_said("", "en")
    ('Loading of data', '王五', '')
    """
    if actor.startswith(DATABASE):
        login = actor.removeprefix(DATABASE)
        return translate(msg("Directly in the database, as %(login)s", login=login), language)
    label = ACTORS.get(actor)
    return translate(label, language) if label else actor


def entry_said(row: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return an entry with what it says in a language."""
    action, table = row["action"], row["table_name"]
    return {
        **row,
        "who": actor_said(row["actor"], language),
        "what": _said(AUDIT_ACTIONS, action, language),
        "where": _said(TABLES, table, language),
        "told": told(row["detail"], language, table),
    }


def runs(entries: Iterable[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Put entries together that follow each other and say the same of many rows.

    Such a run is from one minute, by the same person, in the same request; up to three entries stay
    by themselves.

    Examples
    --------
    >>> runs([])
    []
    """
    found: list[list[Mapping[str, Any]]] = []
    for _, group in groupby(entries, _sameness):
        members = list(group)
        found += [members] if len(members) > FEW else [[one] for one in members]
    return found


def _sameness(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    minute = entry["at"].replace(second=0, microsecond=0)
    same = ("actor", "account_id", "action", "table_name", "request_id", "jurisdiction")
    return (minute, *(entry[name] for name in same))


def told(detail: Mapping[str, Any], language: str, table: str = "") -> list[Told]:
    """Return what an entry's detail tells, of a row of a table.

    Examples
    --------
    >>> told({"changed": ["state"], "from": {"state": "triage"}, "to": {"state": "closed"}}, "en")
    [Told(column='state', label='State', text='Waiting for a decision → Closed')]
    >>> told({}, "en")
    []
    """
    was, becomes = detail.get("from", {}), detail.get("to", {})
    pairs = []
    for name in detail.get("changed", ()):
        known = name in was or name in becomes
        texts = (_text(name, one.get(name), language, table) for one in (was, becomes))
        pairs.append((name, " → ".join(texts) if known else ""))
    if "changed" not in detail:
        only = (was or becomes).items()
        pairs += [(name, _text(name, one, language, table)) for name, one in only]
    passed = {"changed", "from", "to"}
    rest = ((name, one) for name, one in detail.items() if name not in passed)
    pairs += [(name, _counts(name, one, language, table)) for name, one in rest]
    return [Told(name, _said(COLUMNS, name, language), text) for name, text in pairs]


def _counts(column: str, value: object, language: str, table: str) -> str:
    """Return a value; numbers of rows by table have the tables' names."""
    if column == "rows" and isinstance(value, dict):
        return ", ".join(f"{_said(TABLES, name, language)} {one}" for name, one in value.items())
    return _text(column, value, language, table)


def _text(column: str, value: object, language: str, table: str) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict):
        return ", ".join(
            f"{name} {_text(name, one, language, table)}" for name, one in value.items()
        )
    if isinstance(value, list):
        return ", ".join(_text(column, one, language, table) for one in value)
    if isinstance(value, bool):
        return translate(YES if value else NO, language)
    names = VALUES.get(f"{table}.{column}") or VALUES.get(column, {})
    return _said(names, str(value), language)


def _said(labels: Mapping[str, Message], code: str, language: str) -> str:
    label = labels.get(code)
    return translate(label, language) if label else code
