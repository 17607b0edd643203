"""PostgreSQL's own programs: finding them, making a cluster, starting and stopping its server."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import StoreUnavailableError
from geo.store.cluster_home import Home, as_account

if TYPE_CHECKING:
    from collections.abc import Iterator

DEBIAN_FOLDER = Path("/usr/lib/postgresql")
DEFAULT_PORT = 5432
START_LIMIT_S = 300  # crash recovery of a large database takes its time
ORPHANS_LIMIT_S = 20.0  # backends of a killed server leave within moments
LOG_KEPT_BYTES = 16_000_000
ADMINISTRATOR = "postgres"
OWNER = "hongge"
OWN_CONFIGURATION = "hongge.conf"
FORGETFUL = (
    "fsync = off",
    "synchronous_commit = off",
    "full_page_writes = off",
    "autovacuum = off",  # its workers keep others than superusers from dropping a database
)
LOCAL_CONFIGURATION = "local.conf"


class PostgresMissingError(StoreUnavailableError):
    """There is no PostgreSQL with PostGIS on this machine."""

    template = (
        "PostgreSQL with PostGIS is not installed here: install Debian's packages “postgresql” "
        "and “postgresql-postgis”, or name an existing database in HONGGE_DATABASE_URL."
    )


class ClusterVersionError(StoreUnavailableError):
    """The data folder was made by a PostgreSQL that isn't here."""

    template = (
        "The database in %(folder)s was made by PostgreSQL %(made)s, and this machine has "
        "%(present)s. Install PostgreSQL %(made)s with PostGIS again, save the data with "
        "“hongge db backup FILE”, move the folder away, and bring the data into the new version "
        "with “hongge db restore FILE”."
    )


class ClusterFailedError(StoreUnavailableError):
    """One of PostgreSQL's programs failed."""

    template = "%(program)s failed; the end of what it said (more in %(log)s):\n%(said)s"


class PortBusyError(StoreUnavailableError):
    """Another program listens on the wished port."""

    template = (
        "Port %(port)s is in use by another program: set HONGGE_DATABASE_PORT to a free one, "
        "or leave it unset to use a Unix socket only."
    )


@dataclass(frozen=True, slots=True)
class Binaries:
    """The folder of one PostgreSQL's programs, and its major version."""

    folder: Path
    version: str


def find_binaries(wanted: str | None = None) -> Binaries:
    """Return the newest PostgreSQL that has PostGIS, or the one of a wanted major version.

    Raises
    ------
    PostgresMissingError
        When there is none at all, or none of that version.
    """
    found = [one for one in _installed() if wanted in (None, one.version)]
    if not found:
        raise PostgresMissingError
    return max(found, key=lambda one: int(one.version))


def binaries_for(home: Home) -> Binaries:
    """Return the programs that fit a home: of the version that made it, or the newest.

    Raises
    ------
    ClusterVersionError
        When the home was made by a version that is not installed.
    """
    made = made_by(home)
    if made is None:
        return find_binaries()
    try:
        return find_binaries(made)
    except PostgresMissingError:
        present = ", ".join(sorted({one.version for one in _installed()})) or "-"
        raise ClusterVersionError(folder=home.folder, made=made, present=present) from None


def client_programs(program: str, version: int) -> Path | None:
    """Return the folder of a client program of a server's major version, or the next newer one.

    An older one refuses to read from a newer server.
    """
    found = {
        int(match[0]): folder
        for folder in _folders()
        if (folder / program).exists()
        and (match := re.search(r"\d+", _ask(folder / program, "--version")))
    }
    return next((found[one] for one in sorted(found) if one >= version), None)


def made_by(home: Home) -> str | None:
    """Return the major version that made a home's data, ``None`` when there is none yet."""
    try:
        return (home.data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        return None


def initialise(home: Home, binaries: Binaries) -> None:
    """Make an empty cluster; it appears under its name only when it is complete."""
    for leftover in home.folder.glob("data.new-*"):
        shutil.rmtree(leftover)
    fresh = home.folder / f"data.new-{os.getpid()}"
    _run(
        home,
        binaries.folder / "initdb",
        *("--pgdata", fresh, "--username", ADMINISTRATOR, "--encoding", "UTF8"),
        *("--locale", "C.UTF-8", "--lc-messages", "C", "--data-checksums"),
        *("--auth-local", "peer", "--auth-host", "scram-sha-256"),
    )
    with (fresh / "postgresql.conf").open("a") as configuration:
        configuration.write(
            f"include '{OWN_CONFIGURATION}'  # rewritten at every start\n"
            f"include_if_exists '{LOCAL_CONFIGURATION}'  # yours\n"
        )
    fresh.rename(home.data)


def configure(home: Home, *, port: int | None, durable: bool, users: set[str]) -> None:
    """Write what the server needs to know: where it listens, and who may come in.

    Over the socket the kernel says who is there (``peer``): only root, the server's own account
    and the user who started it may be the owner or the administrator. All other roles, such as the
    service's login, need their password; over TCP, when a port is set, the owner does, too.
    """
    home.socket.mkdir(mode=0o700, parents=True, exist_ok=True)
    _own(home, home.socket)
    lines = [
        f"listen_addresses = '{'127.0.0.1' if port else ''}'",
        f"port = {port or DEFAULT_PORT}",
        f"unix_socket_directories = '{_quoted(home.socket)}'",
        "unix_socket_permissions = 0700",
        "password_encryption = 'scram-sha-256'",
        "max_connections = 200",
        "shared_buffers = '256MB'",
        "timezone = 'UTC'",
        "log_timezone = 'UTC'",
        "log_checkpoints = off",
        "jit = off",
        *(() if durable else FORGETFUL),
    ]
    _write(home, OWN_CONFIGURATION, lines)
    doors = [
        f"local all {OWNER},{ADMINISTRATOR} peer map=hongge",
        "local all all scram-sha-256",
    ]
    if port:
        doors.append(f"host all {OWNER} 127.0.0.1/32 scram-sha-256")
    _write(home, "pg_hba.conf", doors)
    roles = (OWNER, ADMINISTRATOR)
    _write(home, "pg_ident.conf", [f'hongge "{u}" {role}' for u in sorted(users) for role in roles])


def start(home: Home, binaries: Binaries, port: int | None) -> None:
    """Start the server and wait until it answers.

    Raises
    ------
    PortBusyError, ClusterFailedError
    """
    _sweep(home)
    give_up = time.monotonic() + ORPHANS_LIMIT_S
    while True:
        read_from = home.log.stat().st_size if home.log.exists() else 0
        try:
            _control(home, binaries, "start", "-w", "-t", str(START_LIMIT_S), "-l", str(home.log))
        except ClusterFailedError:
            said = _log_from(home, read_from)
            if port and "could not bind" in said and "in use" in said:
                raise PortBusyError(port=port) from None
            if "shared memory block" in said and time.monotonic() < give_up:
                time.sleep(0.5)
                continue
            raise ClusterFailedError(
                program="PostgreSQL", log=home.log, said=said[-2000:].strip()
            ) from None
        return


def stop_server(home: Home, binaries: Binaries) -> None:
    """Stop the server in good order, without waiting for its clients to leave."""
    _control(home, binaries, "stop", "-w", "-t", "60", "-m", "fast")


def server_pid(home: Home) -> int | None:
    """Return the process number of the home's server, ``None`` when none runs.

    The number in ``postmaster.pid`` may be left over from a crash and belong to anyone by now.
    """
    try:
        pid = int((home.data / "postmaster.pid").read_text().splitlines()[0])
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except (OSError, ValueError, IndexError):
        return None
    ours = Path(os.fsdecode(command[0])).name in {"postgres", "postmaster"}
    return pid if ours and os.fsencode(home.data) in command else None


def server_port(home: Home) -> int:
    """Return the port of the running server, which also names its socket."""
    return int((home.data / "postmaster.pid").read_text().splitlines()[3])


def password_of(home: Home) -> str:
    """Return the owner's password for TCP, made on first use, readable by its owner only."""
    if not home.password.exists():
        with os.fdopen(os.open(home.password, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        _own(home, home.password)
    return home.password.read_text()


def _installed() -> Iterator[Binaries]:
    """Find the folders that hold a server and its PostGIS."""
    for folder in _folders():
        if not (folder / "initdb").exists():
            continue
        version = re.search(r"\d+", _ask(folder / "postgres", "--version"))
        if version and _has_postgis(folder, version[0]):
            yield Binaries(folder, version[0])


def _folders() -> set[Path]:
    """Return the folders where PostgreSQL's programs may be."""
    on_path = shutil.which("pg_config")
    folders = set(DEBIAN_FOLDER.glob("*/bin"))
    return folders | {Path(_ask(on_path, "--bindir"))} if on_path else folders


def _has_postgis(folder: Path, version: str) -> bool:
    """Look for PostGIS where this PostgreSQL looks for extensions."""
    shares = [Path("/usr/share/postgresql") / version]
    if (folder / "pg_config").exists():
        shares.append(Path(_ask(folder / "pg_config", "--sharedir")))
    return any((share / "extension" / "postgis.control").exists() for share in shares)


def _ask(program: Path | str, option: str) -> str:
    """Return what a program says to one option."""
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [program, option], capture_output=True, text=True, check=True
    ).stdout.strip()


def _run(home: Home, program: Path, *arguments: Path | str) -> None:
    """Run one of PostgreSQL's programs under the home's account."""
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [*as_account(home.account), program, *arguments],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        stdin=subprocess.DEVNULL,
        cwd="/",
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"},
        umask=0o077,
    )
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:].strip()
        raise ClusterFailedError(program=program.name, log=home.log, said=said)


def _control(home: Home, binaries: Binaries, verb: str, *options: str) -> None:
    _run(home, binaries.folder / "pg_ctl", verb, "-s", "-D", home.data, *options)


def _sweep(home: Home) -> None:
    """Take away what a crashed server left, and keep its log from growing without end."""
    (home.data / "postmaster.pid").unlink(missing_ok=True)
    for leftover in home.socket.glob(".s.PGSQL.*"):
        leftover.unlink()
    if home.log.exists() and home.log.stat().st_size > LOG_KEPT_BYTES:
        home.log.replace(home.log.with_suffix(".log.1"))


def _log_from(home: Home, position: int) -> str:
    try:
        with home.log.open("rb") as log:
            log.seek(position)
            return log.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


def _write(home: Home, name: str, lines: list[str]) -> None:
    """Replace one of the cluster's files in a single step."""
    fresh = home.data / f"{name}.new"
    fresh.write_text("\n".join([*lines, ""]))
    fresh.chmod(0o600)
    _own(home, fresh)
    fresh.replace(home.data / name)


def _own(home: Home, path: Path) -> None:
    """Give a path to the home's account; refuse one that somebody else has made."""
    if path.stat().st_uid not in {home.account.uid, os.geteuid()}:
        raise ClusterFailedError(program="PostgreSQL", log=home.log, said=f"{path}: not ours")
    if path.stat().st_uid != home.account.uid:
        os.chown(path, home.account.uid, home.account.gid)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
