"""``hongge db``: the database, from making it to bringing it back."""

from __future__ import annotations

from pathlib import Path

import click

from api.commands.speech import FOUND_OR_REFUSED, said, say, warn
from geo.messages import msg
from geo.settings import settings


@click.group(help=said(msg("Make, upgrade, save and restore the database.")))
def command() -> None:
    """Keep the database."""


@command.command(
    help=said(msg("Make the database with all its tables; harmless when it is there."))
)
def init() -> None:
    """Make the database."""
    from geo.store import migrate, upkeep  # noqa: PLC0415 - heavy

    url = _url()
    if settings().database_url:
        upkeep.create_missing(url)
    migrate.upgrade(url)
    say(msg("The database is ready: %(url)s", url=upkeep.shown(url)))


@command.command(help=said(msg("Bring the database to the present model.")))
def upgrade() -> None:
    """Upgrade the database."""
    from geo.store import migrate  # noqa: PLC0415 - heavy

    url = _url()
    before = migrate.status(url)
    after = migrate.upgrade(url)
    if before.current:
        say(msg("The database was up to date (%(revision)s).", revision=after.revision))
    else:
        say(msg("The database is now at %(revision)s.", revision=after.revision))


@command.command(help=said(msg("Say which database is used and how far it is; 1 when not ready.")))
def status() -> None:
    """Describe the database."""
    from geo.store import migrate, upkeep  # noqa: PLC0415 - heavy

    url = _url()
    server, postgis = upkeep.versions(url)
    found = migrate.status(url)
    say(msg("Database: %(url)s", url=upkeep.shown(url)))
    if not settings().database_url:
        say(msg("Private cluster in: %(folder)s", folder=settings().data_dir / "postgres"))
    say(msg("PostgreSQL %(server)s, PostGIS %(postgis)s", server=server, postgis=postgis or "-"))
    say(msg("Model: %(has)s of %(newest)s", has=found.revision or "-", newest=found.newest))
    if not found.current:
        warn(msg("The database is not ready: run “hongge db upgrade”."))
        raise SystemExit(FOUND_OR_REFUSED)
    say(msg("Ready."))


@command.command(help=said(msg("Save the whole database to FILE.")))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Save the database."""
    from geo.store import upkeep  # noqa: PLC0415 - heavy

    size = upkeep.backup(_url(), file)
    say(msg("Saved to %(file)s (%(size)s bytes).", file=file, size=size))


@command.command(help=said(msg("Bring back what “hongge db backup” has saved, all or nothing.")))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--force", is_flag=True, help=said(msg("Replace a database that is not empty.")))
def restore(file: Path, *, force: bool) -> None:
    """Restore the database."""
    from geo.store import upkeep  # noqa: PLC0415 - heavy

    upkeep.restore(_url(), file, replace=force)
    say(msg("Restored from %(file)s.", file=file))


@command.command(help=said(msg("Stop the private database now, whoever uses it.")))
def stop() -> None:
    """Stop the private database."""
    from geo.store import cluster  # noqa: PLC0415 - heavy

    if cluster.stop(settings().data_dir):
        say(msg("The private database is stopped."))
    else:
        say(msg("The private database was not running."))


def _url() -> str:
    """Return the database's address; the private cluster is started, with its steps told."""
    from geo.store import cluster  # noqa: PLC0415 - heavy
    from geo.store.engine import with_driver  # noqa: PLC0415 - heavy

    chosen = settings()
    if chosen.database_url:
        return with_driver(chosen.database_url.get_secret_value())
    return cluster.ensure_running(chosen.data_dir, port=chosen.database_port, tell=warn)
