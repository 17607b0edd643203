"""The page of permissions in the documentation, made from both tables.

``python -m api.permissions_page`` writes it to ``docs/permissions.md``; with ``-`` it is printed.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from api.permissions import ENDPOINTS, EVERY_ROLE
from api.written_pages import put_out, table_head, table_row
from geo.store.permissions import MATRIX, ROLES, VERBS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from api.permissions import Rule
    from geo.store.permissions import TableRules

PAGE = Path(__file__).resolve().parent.parent / "docs" / "permissions.md"

NAMES = {
    "resident": "resident",
    "grid_worker": "grid worker 网格员",
    "community_staff": "community staff 社区工作人员",
    "street_dispatcher": "street dispatcher 街道派单员",
    "department_handler": "department handler 部门经办人",
    "planner": "planner 规划员",
    "auditor": "auditor 审计员",
    "administrator": "administrator 管理员",
    "service": "the service itself",
}

INTRODUCTION = """\
# Permissions

<!-- Written by `python -m api.permissions_page`; a test compares it with the code. -->

Two tables decide who may do what. The first is the database's: row-level security gives every
transaction the rows of whoever is asking, whatever a query says. The second is the service's: an
endpoint that is not in it does not exist. Tests ask the database and the service for every cell.

## Who is asking

The service signs in to PostgreSQL with a login that owns nothing and can't bypass row-level
security. Each transaction says who it is for: a resident (anybody without an account, perhaps with
the secret link of an issue they reported), an account, or the service for its own work. A
transaction that says nothing reads what is public and finds nothing else.

What follows from an account is worked out by the database from the account's roles and the
generation in force at that moment, so after a redraw nothing has to be granted anew:
"""

CLOSED_CASES = """
A disabled account has no territory. Closed cases stay with the grid they were closed in: when it is
no longer drawn, they stay with the community and street that had it last.
"""

TERRITORIES = {
    "grid_worker": "own grids; the households of the units that the generation in force puts there;"
    " cases that are there now; to read, cases they have handled",
    "community_staff": "the grids of own communities, in the same way",
    "street_dispatcher": "the grids of own streets; cases that no grid has, where the nearest grid"
    " is in the street, or where there is none",
    "department_handler": "cases that are with the own department",
    "planner": "the jurisdiction: areas, households as doors and numbers of people, cases without"
    " who reported them",
    "auditor": "the jurisdiction, or all: everything, to read",
    "administrator": "the jurisdiction, or all: accounts and what happened; no household, no"
    " resident, no reporter, no photo",
}

TABLES = """
## Tables

R reads, I inserts, C changes, D deletes, each in the whole jurisdiction (of public tables:
everywhere); small letters stand for the own territory alone, for residents for what they reported.
Empty: nothing. What nobody here may do is done by the database's owner by command, or by a function
of the database that looks at who is asking.
"""

ENDPOINTS_TEXT = """
## Endpoints

An endpoint lets a role in; which rows it then finds is decided by the table above. A program's
token needs the scope; `any` is every valid token, and where nothing stands tokens are not taken.
“Secret link” is the link that the answer to a report carries.
"""


def page() -> str:
    """Return the page as Markdown."""
    return "".join(
        [
            *(INTRODUCTION, "\n", *_territories(), "\n", CLOSED_CASES.lstrip()),
            *(TABLES, "\n", *_tables()),
            *(ENDPOINTS_TEXT, "\n", *_endpoints()),
        ]
    )


def _territories() -> Iterator[str]:
    yield table_head("role", "territory (辖域)")
    for role, territory in TERRITORIES.items():
        yield table_row(NAMES[role], territory)


def _tables() -> Iterator[str]:
    yield table_head("table", *(NAMES[role] for role in ROLES), "what it holds, and why")
    for one in MATRIX:
        yield table_row(f"`{one.table}`", *(_marks(one, role) for role in ROLES), _said(one))


def _marks(one: TableRules, role: str) -> str:
    given = ((one.reach(role, verb), verb[0]) for verb in VERBS)
    return "".join(
        letter.upper() if reach == "all" else letter for reach, letter in given if reach != "none"
    )


def _said(one: TableRules) -> str:
    hidden = f" Hidden: {_listed(one.hidden)}." if one.hidden else ""
    changes = f" Changes: {_listed(one.changeable)}." if one.changeable else ""
    return f"{one.holds}. {one.why}{changes}{hidden}"


def _listed(columns: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in columns)


def _endpoints() -> Iterator[str]:
    yield table_head("who", "scope of a token", "endpoints")
    alike: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for (method, path), rule in ENDPOINTS.items():
        alike[_who(rule), rule.scope or ""].append(f"`{method} {path}`")
    for (who, scope), places in alike.items():
        yield table_row(who, scope, "<br>".join(places))


def _who(rule: Rule) -> str:
    roles = set(rule.who)
    if {"resident", "account"} <= roles:
        return "everybody"
    told = ["everybody who is signed in"] if "account" in roles or roles >= EVERY_ROLE else []
    told += [] if told else [NAMES[role] for role in ROLES if role in roles]
    return ", ".join([*told, *(["secret link"] if rule.follow else [])])


if __name__ == "__main__":
    put_out({PAGE: page()})
