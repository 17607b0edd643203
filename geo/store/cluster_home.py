"""Where the private PostGIS cluster lives, and which account of the machine runs it.

PostgreSQL refuses to run as root. Root therefore lends the cluster to an account without rights,
and moves it out of folders which that account can't enter.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from geo.errors import StoreUnavailableError
from geo.messages import Message, msg

if TYPE_CHECKING:
    from collections.abc import Callable

    Tell = Callable[[Message], None]

STATE_FOLDER = Path("/var/lib/hongge")
UNPRIVILEGED = ("postgres", "nobody")
SOCKET_PATH_MAX_BYTES = 107  # sun_path of unix(7), less its closing zero
SOCKET_NAME_BYTES = len("/.s.PGSQL.65535")


class FolderOwnedByAnotherError(StoreUnavailableError):
    """The cluster's folder belongs to someone else."""

    template = (
        "The folder %(folder)s belongs to the user “%(owner)s”: "
        "run the command as that user, or choose another HONGGE_DATA_DIR."
    )


class NoAccountError(StoreUnavailableError):
    """Root has no account to lend the cluster to."""

    template = (
        "PostgreSQL can't run as root, and this machine has none of the users %(names)s: "
        "create one, or run the command as an ordinary user."
    )


@dataclass(frozen=True, slots=True)
class Account:
    """An account of the operating system: its name and numbers."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Home:
    """The cluster's folder and the account that it belongs to."""

    folder: Path
    account: Account

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self.folder / "server.log"

    @property
    def password(self) -> Path:
        """The owner's password for TCP on loopback."""
        return self.folder / "password"

    @property
    def socket(self) -> Path:
        """The folder of the Unix socket: inside the home, or a short one when that is too long."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) + SOCKET_NAME_BYTES <= SOCKET_PATH_MAX_BYTES:
            return inside
        return Path(tempfile.gettempdir()) / f"hongge-{self.account.uid}-{digest(self.folder)}"


def digest(folder: Path) -> str:
    """Return eight hexadecimal digits that stand for a folder's path."""
    return hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]


def as_account(account: Account) -> list[str]:
    """Return what stands before a program and its arguments to start it under an account.

    The account changes in a program of its own. If Python changed it, it would have to fork, and
    then what libraries do in a forked copy of a process with threads can wait for ever: PROJ, which
    comes with GDAL, closes its database there.
    """
    if account.uid == os.geteuid():
        return []
    return ["setpriv", f"--reuid={account.uid}", f"--regid={account.gid}", "--clear-groups", "--"]


def find_home(data_dir: Path, tell: Tell = lambda _message: None) -> Home:
    """Return the cluster's home under a data folder, made when it is missing.

    Parameters
    ----------
    data_dir
        The project's data folder; the home is its ``postgres``.
    tell
        Is told when the home had to move elsewhere.

    Raises
    ------
    FolderOwnedByAnotherError
        When another user's cluster is there.
    NoAccountError
        When root finds no account to run the server.
    """
    place = data_dir.resolve() / "postgres"
    if os.geteuid() == 0:
        return _home_for_root(place, tell)
    try:
        place.resolve().mkdir(mode=0o700, parents=True, exist_ok=True)
        owner = place.stat().st_uid
    except PermissionError:
        raise FolderOwnedByAnotherError(folder=place, owner=owner_name(place)) from None
    if owner != os.geteuid():
        raise FolderOwnedByAnotherError(folder=place, owner=owner_name(place))
    return Home(place.resolve(), account_of(os.geteuid()))


def _home_for_root(place: Path, tell: Tell) -> Home:
    """Return a home which the lent account can enter; a link leads to it when it is elsewhere."""
    folder = place.resolve()
    account = _lent_account(folder)
    _give(folder, account)
    if _can_enter(folder, account):
        return Home(folder, account)
    if place.is_symlink():
        raise FolderOwnedByAnotherError(folder=folder, owner=owner_name(folder.parent))
    elsewhere = STATE_FOLDER / f"{place.parents[1].name}-{place.parent.name}-{digest(place)}"
    if any(folder.iterdir()):
        folder.rename(elsewhere)
    else:
        folder.rmdir()
    _give(elsewhere, account)
    place.symlink_to(elsewhere)
    tell(
        msg(
            "The user “%(user)s” can't enter %(folder)s: the database is kept in %(elsewhere)s.",
            user=account.name,
            folder=place.parent,
            elsewhere=elsewhere,
        )
    )
    return Home(elsewhere, account)


def _lent_account(folder: Path) -> Account:
    """Return the account that a folder belongs to already, or the first one root can lend to."""
    if folder.exists() and folder.stat().st_uid != 0:
        return account_of(folder.stat().st_uid)
    for name in UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise NoAccountError(names=", ".join(UNPRIVILEGED))


def _give(folder: Path, account: Account) -> None:
    """Make a folder that only one account may enter."""
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)
    os.chown(folder, account.uid, account.gid)


def _can_enter(folder: Path, account: Account) -> bool:
    """Ask the operating system, as that account: folders above may be closed to it."""
    asked = subprocess.run(  # noqa: S603 - a fixed program
        [*as_account(account), "/usr/bin/test", "-w", folder], check=False, cwd="/"
    )
    return bool(asked.returncode == 0)


def account_of(uid: int) -> Account:
    """Return an account by its number; numbers without a name keep the number as name."""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        return Account(str(uid), uid, os.getegid())
    return Account(entry.pw_name, uid, entry.pw_gid)


def owner_name(folder: Path) -> str:
    """Return who owns a folder, or the nearest folder above it that can be seen."""
    for place in (folder, *folder.parents):
        try:
            return account_of(place.stat().st_uid).name
        except OSError:
            continue
    return "?"
