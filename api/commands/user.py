"""``hongge user``: accounts, kept by the operator."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING

import click

from api.commands.speech import fail, said, say
from geo.errors import InvalidFieldError
from geo.messages import msg

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = click.argument("name")
JURISDICTION = click.option(
    "--jurisdiction",
    metavar="SLUG",
    help=said(msg("Jurisdiction; without it an auditor or administrator is one of all.")),
)
PLACE = click.option(
    "--place",
    metavar="CODE",
    help=said(msg("Code of the grid, community, street or department, where the role has one.")),
)
ROLE = click.argument("role")


def password_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the ways in which a password is told, none of which a process list shows."""
    by_input = click.option(
        "--password-stdin",
        is_flag=True,
        help=said(msg("Read the password from the first line of standard input.")),
    )
    made = click.option(
        "--generate",
        is_flag=True,
        help=said(msg("Make a password, print it once, and have it replaced at first sign-in.")),
    )
    return by_input(made(command))


@click.group(help=said(msg("Add accounts, and say who may do what.")))
def command() -> None:
    """Keep the accounts."""


@command.command(help=said(msg("Add an account, asking for its password.")))
@NAME
@click.option("--display-name", default="", help=said(msg("Name shown to colleagues.")))
@click.option("--role", help=said(msg("A first role, such as administrator.")))
@JURISDICTION
@PLACE
@password_options
def add(  # noqa: PLR0913 - the options of a command
    *,
    name: str,
    display_name: str,
    role: str | None,
    jurisdiction: str | None,
    place: str | None,
    password_stdin: bool,
    generate: bool,
) -> None:
    """Add an account."""
    from geo.flows import accounts  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    password = _password(by_input=password_stdin, made=generate)
    try:
        with owner_session() as session:
            _, made = accounts.add(session, name, display_name, password)
            if role:
                account = accounts.find(session, name)
                accounts.grant(session, account, role, jurisdiction, place)
    except InvalidFieldError as error:
        fail(error.message)
    say(msg("The account “%(name)s” is there.", name=name))
    _tell_password(made)


@command.command(name="list", help=said(msg("List the accounts with their roles.")))
def list_() -> None:
    """List the accounts."""
    from geo.store import accounts  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    with owner_session() as session:
        for one in accounts.list_accounts(session):
            notes = [
                *(["disabled"] if one.disabled_at else []),
                *(["demonstration"] if one.demonstration else []),
            ]
            roles = [
                ":".join(part for part in (own.role, own.jurisdiction, own.place_code) if part)
                for own in accounts.territories(session, one.id)
            ]
            click.echo("\t".join((one.name, one.display_name, " ".join(roles), " ".join(notes))))


@command.command(help=said(msg("Let nobody in by an account; its sessions and tokens end.")))
@NAME
def disable(name: str) -> None:
    """Disable an account."""
    from geo.flows import accounts  # noqa: PLC0415 - heavy
    from geo.store import accounts as store  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    with owner_session() as session:
        store.disable_account(session, accounts.find(session, name).id)
    say(msg("Nobody gets in as “%(name)s” any more.", name=name))


@command.command(help=said(msg("Let an account in again.")))
@NAME
def enable(name: str) -> None:
    """Enable an account."""
    from geo.flows import accounts  # noqa: PLC0415 - heavy
    from geo.store import accounts as store  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    with owner_session() as session:
        store.enable_account(session, accounts.find(session, name).id)
    say(msg("“%(name)s” may sign in again.", name=name))


@command.command(
    name="reset-password", help=said(msg("Give an account another password; sessions end."))
)
@NAME
@password_options
def reset_password(*, name: str, password_stdin: bool, generate: bool) -> None:
    """Reset a password."""
    from geo.flows import accounts  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    password = _password(by_input=password_stdin, made=generate)
    try:
        with owner_session() as session:
            made = accounts.reset_password(session, accounts.find(session, name), password)
    except InvalidFieldError as error:
        fail(error.message)
    say(msg("“%(name)s” has another password.", name=name))
    _tell_password(made)


@command.group(help=said(msg("Give roles to accounts and take them away.")))
def role() -> None:
    """Keep the roles."""


@role.command(name="add", help=said(msg("Give an account a role.")))
@NAME
@ROLE
@JURISDICTION
@PLACE
def role_add(name: str, role: str, jurisdiction: str | None, place: str | None) -> None:
    """Give a role."""
    from geo.flows import accounts  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    try:
        with owner_session() as session:
            accounts.grant(session, accounts.find(session, name), role, jurisdiction, place)
    except InvalidFieldError as error:
        fail(error.message)
    say(msg("“%(name)s” is %(role)s now.", name=name, role=role))


@role.command(name="remove", help=said(msg("Take a role from an account, everywhere or there.")))
@NAME
@ROLE
@JURISDICTION
@PLACE
def role_remove(name: str, role: str, jurisdiction: str | None, place: str | None) -> None:
    """Take a role."""
    from geo.flows import accounts  # noqa: PLC0415 - heavy
    from geo.store.engine import owner_session  # noqa: PLC0415 - heavy

    with owner_session() as session:
        account = accounts.find(session, name)
        taken = accounts.revoke(session, account, role, jurisdiction, place)
    if not taken:
        fail(msg("“%(name)s” has no such role.", name=name))
    say(msg("“%(name)s” is not %(role)s any more.", name=name, role=role))


def _password(*, by_input: bool, made: bool) -> str | None:
    """Return the password that is told; ``None`` to have one made."""
    if made:
        return None
    if by_input:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        fail(msg("There is no terminal to ask at: use --password-stdin or --generate."))
    first = getpass.getpass(said(msg("Password: ")))
    if getpass.getpass(said(msg("Once more: "))) != first:
        fail(msg("The two passwords are not the same."))
    return first


def _tell_password(made: str) -> None:
    if made:
        say(msg("Password for the first sign-in: %(password)s", password=made))
