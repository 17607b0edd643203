from __future__ import annotations

import os
import pwd
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from geo.store import cluster
from geo.store.cluster_home import SOCKET_PATH_MAX_BYTES, Account, Home, find_home
from geo.store.cluster_server import (
    ClusterVersionError,
    PortBusyError,
    PostgresMissingError,
    find_binaries,
    server_pid,
)
from geo.store.engine import plain_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from geo.messages import Message

PROJECT = Path(__file__).resolve().parents[2]
HOLDER = """
import sys
from pathlib import Path
from geo.store import cluster
print(cluster.ensure_running(Path(sys.argv[1]), durable=False), flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module", autouse=True)
def _postgres() -> None:
    try:
        find_binaries()
    except PostgresMissingError as error:
        pytest.skip(str(error))


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "var"
    yield folder
    cluster.remove(folder)


@pytest.fixture
def hold(data_dir: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Start processes that use the cluster until their standard input ends."""
    holders = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, str(data_dir)]
        holder = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=PROJECT
        )
        holders.append(holder)
        return holder

    yield start
    for holder in holders:
        holder.communicate()


def ask(url: str, question: str) -> object:
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row[0] if row else None


def say(url: str, statement: str) -> None:
    with psycopg.connect(plain_url(url), autocommit=True) as connection:
        connection.execute(statement.encode())


def pid_of(data_dir: Path) -> int:
    pid = cluster.status(data_dir).pid
    assert pid is not None
    return pid


def wait_until_gone(pid: int) -> None:
    for _ in range(200):
        if (
            not Path(f"/proc/{pid}/cmdline").exists()
            or not Path(f"/proc/{pid}/cmdline").read_bytes()
        ):
            return
        time.sleep(0.05)
    pytest.fail(f"process {pid} is still there")


def test_a_cluster_is_made_with_postgis_and_a_role_without_special_rights(data_dir: Path) -> None:
    told: list[Message] = []
    url = cluster.ensure_running(data_dir, tell=told.append)
    assert str(ask(url, "SELECT postgis_lib_version()")).startswith("3")
    assert ask(url, "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = user") is False
    assert ask(url, "SHOW server_encoding") == "UTF8"
    assert ask(url, "SELECT datcollate FROM pg_database WHERE datname = 'hongge'") == "C.UTF-8"
    assert ask(url, "SHOW listen_addresses") == ""
    assert ask(url, "SHOW fsync") == "on"
    assert any("private PostgreSQL" in message.english() for message in told)


def test_the_server_never_runs_as_root(data_dir: Path) -> None:
    cluster.ensure_running(data_dir, durable=False)
    assert Path(f"/proc/{pid_of(data_dir)}").stat().st_uid != 0


def test_a_second_start_finds_the_running_server(data_dir: Path) -> None:
    first = cluster.ensure_running(data_dir, durable=False)
    pid = pid_of(data_dir)
    assert cluster.ensure_running(data_dir, durable=False) == first
    assert pid_of(data_dir) == pid


def test_data_survive_a_killed_server_and_its_leftovers(data_dir: Path) -> None:
    url = cluster.ensure_running(data_dir)
    say(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    pid = pid_of(data_dir)
    os.kill(pid, signal.SIGKILL)
    wait_until_gone(pid)
    home = find_home(data_dir)
    assert (home.data / "postmaster.pid").exists()
    assert cluster.status(data_dir).pid is None
    assert ask(cluster.ensure_running(data_dir), "SELECT answer FROM kept") == 42


def test_a_kill_with_a_client_still_connected_is_survived(data_dir: Path) -> None:
    url = cluster.ensure_running(data_dir, durable=False)
    with closing(psycopg.connect(plain_url(url))) as busy:
        busy.execute("SELECT 1")
        os.kill(pid_of(data_dir), signal.SIGKILL)
        assert ask(cluster.ensure_running(data_dir, durable=False), "SELECT 1") == 1


def test_a_left_over_process_number_that_belongs_to_another_by_now(data_dir: Path) -> None:
    url = cluster.ensure_running(data_dir, durable=False)
    home = find_home(data_dir)
    lines = (home.data / "postmaster.pid").read_text().splitlines()
    cluster.stop(data_dir)
    (home.data / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]))
    (home.socket / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    assert server_pid(home) is None
    assert cluster.ensure_running(data_dir, durable=False) == url


def test_a_half_made_cluster_is_swept_away(data_dir: Path) -> None:
    home = find_home(data_dir)
    half = home.folder / "data.new-1"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")
    cluster.ensure_running(data_dir, durable=False)
    assert not half.exists()


def test_a_cluster_whose_role_was_never_made_is_finished(data_dir: Path) -> None:
    url = cluster.ensure_running(data_dir, durable=False)
    administrator = plain_url(url).replace("hongge@/hongge?", "postgres@/postgres?")
    with psycopg.connect(administrator, autocommit=True) as connection:
        connection.execute("DROP DATABASE hongge")
        connection.execute("DROP ROLE hongge")
    assert ask(cluster.ensure_running(data_dir, durable=False), "SELECT user") == "hongge"


def test_processes_that_start_at_once_share_one_server_and_the_last_stops_it(
    data_dir: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    holders = [hold() for _ in range(4)]
    urls = {holder.stdout.readline() for holder in holders if holder.stdout}
    assert len(urls) == 1
    pid = pid_of(data_dir)
    for holder in holders[:3]:
        holder.communicate()
        assert holder.returncode == 0
    assert pid_of(data_dir) == pid
    holders[3].communicate()
    assert cluster.status(data_dir).pid is None


def test_a_foreign_client_keeps_the_server_running(data_dir: Path) -> None:
    url = cluster.ensure_running(data_dir, durable=False)
    with psycopg.connect(plain_url(url), application_name="psql"):
        assert cluster.release(data_dir) is False
        assert cluster.status(data_dir).pid is not None
    cluster.ensure_running(data_dir, durable=False)
    assert cluster.release(data_dir) is True


def test_the_user_of_a_killed_process_no_longer_counts(
    data_dir: Path, hold: Callable[[], subprocess.Popen[str]]
) -> None:
    killed, last = hold(), hold()
    for holder in (killed, last):
        assert holder.stdout
        holder.stdout.readline()
    killed.kill()
    killed.communicate()
    assert cluster.status(data_dir).pid is not None
    last.communicate()
    assert cluster.status(data_dir).pid is None


def test_data_of_another_major_version_are_left_alone(data_dir: Path) -> None:
    cluster.ensure_running(data_dir, durable=False)
    cluster.stop(data_dir)
    version = find_home(data_dir).data / "PG_VERSION"
    made = version.read_text()
    version.write_text("9\n")
    with pytest.raises(ClusterVersionError, match=r"made by PostgreSQL 9, .*“hongge db backup"):
        cluster.ensure_running(data_dir, durable=False)
    version.write_text(made)


def test_a_busy_port_is_named(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PortBusyError, match=f"Port {port} is in use"):
            cluster.ensure_running(data_dir, port=port, durable=False)


def test_over_tcp_only_the_password_opens(data_dir: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    cluster.ensure_running(data_dir, port=port, durable=False)
    secret = find_home(data_dir).password
    assert secret.stat().st_mode & 0o777 == 0o600
    guess = secret.read_text()[::-1]
    door = {"host": "127.0.0.1", "port": port, "user": "hongge", "dbname": "hongge"}
    with psycopg.connect(**door, password=secret.read_text()) as connection:
        assert connection.execute("SELECT user").fetchone() == ("hongge",)
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(**door, password=guess)
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(**{**door, "user": "postgres"}, password=guess)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_of_the_machine_is_not_let_in(data_dir: Path) -> None:
    url = cluster.ensure_running(data_dir, durable=False)
    home = find_home(data_dir)
    home.folder.chmod(0o755)
    home.socket.chmod(0o777)
    (home.socket / ".s.PGSQL.5432").chmod(0o777)
    tried = subprocess.run(
        ["/usr/bin/psql", plain_url(url), "-c", "SELECT 1"],
        user="nobody",
        group="nogroup",
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert tried.returncode != 0
    assert "Peer authentication failed" in tried.stderr or "denied" in tried.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone lends the cluster to another user")
def test_a_project_that_the_lent_user_cant_enter_keeps_its_data_elsewhere(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    told: list[Message] = []
    try:
        cluster.ensure_running(closed / "var", durable=False, tell=told.append)
        link = closed / "var" / "postgres"
        assert link.is_symlink()
        assert link.resolve().parent == Path("/var/lib/hongge")
        moved = [message.english() for message in told if "kept in" in message.english()]
        assert len(moved) == 1
        assert str(link.resolve()) in moved[0]
        cluster.stop(closed / "var")
        told.clear()
        cluster.ensure_running(closed / "var", durable=False, tell=told.append)
        assert not any("kept in" in message.english() for message in told)
    finally:
        cluster.remove(closed / "var")


@pytest.mark.parametrize("name", ["short", "long" * 40, "红格" * 30])
def test_the_sockets_path_always_fits(name: str) -> None:
    home = Home(Path("/srv") / name, Account("someone", 1234, 1234))
    assert len(os.fsencode(home.socket / ".s.PGSQL.65535")) <= SOCKET_PATH_MAX_BYTES


def test_odd_folder_names_work(tmp_path: Path) -> None:
    folder = tmp_path / "it's a 红格 & 100%" / "var"
    try:
        url = cluster.ensure_running(folder, durable=False)
        assert ask(url, "SELECT 1") == 1
    finally:
        cluster.remove(folder)


def test_nothing_is_started_by_asking_for_the_status(tmp_path: Path) -> None:
    found = cluster.status(tmp_path / "var")
    assert (found.pid, found.version, found.url) == (None, None, None)
    assert not (tmp_path / "var").exists()


def as_nobody(folder: Path) -> str:
    """Ask for the cluster in a child that has become another user, and return what it says."""
    heard, said = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(pwd.getpwnam("nobody").pw_gid)
            os.setuid(pwd.getpwnam("nobody").pw_uid)
            cluster.ensure_running(folder)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the parent judges
            os.write(said, f"{type(error).__name__}: {error}".encode())
        os._exit(0)
    os.close(said)
    os.waitpid(child, 0)
    with os.fdopen(heard) as answer:
        return answer.read()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("made", "owner"), [(True, "postgres"), (False, "root")])
def test_another_users_folder_is_named_with_its_owner(*, made: bool, owner: str) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "var"
        folder.mkdir()
        folder.parent.chmod(0o755)
        if made:
            cluster.ensure_running(folder, durable=False)
        answer = as_nobody(folder)
        cluster.remove(folder)
    assert answer.startswith("FolderOwnedByAnotherError")
    assert f"belongs to the user “{owner}”" in answer
