"""``hongge serve``: the service with all that it needs."""

from __future__ import annotations

import logging.config
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING, NoReturn

import click

from api.commands.speech import fail, said, say, warn
from geo.errors import HonggeError
from geo.messages import msg
from geo.settings import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geo.messages import Message

ADDRESSES = {
    "/": msg("the nearest station"),
    "/grids": msg("the city's map"),
    "/login": msg("signing in"),
    "/api/docs": msg("the API's description"),
}
WATCH_S = 2.0
LOOPBACK = {"127.0.0.1": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "[::1]", "::1": "[::1]"}  # noqa: S104 - only compared with


@click.command(help=said(msg("Run the service until it is interrupted.")))
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help=said(msg("Address to listen on; 0.0.0.0 for every network.")),
)
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65535),
    help=said(msg("Port.")),
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help=said(msg("Number of processes that answer.")),
)
def command(host: str, port: int, workers: int) -> None:
    """Make the database ready, then serve."""
    import uvicorn  # noqa: PLC0415 - heavy

    from api.logs import log_settings  # noqa: PLC0415 - heavy

    chosen = settings()
    logs = log_settings(chosen.log_format, chosen.log_level, texts_of_errors=chosen.log_error_texts)
    logging.config.dictConfig(logs)
    logging.captureWarnings(capture=True)
    _refuse_busy_port(host, port)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with _database(), _announcement(host, port):
        uvicorn.run(
            "api.app:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            access_log=False,
            log_config=logs,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=10,
        )


@contextmanager
def _database() -> Iterator[None]:
    """Make the database ready; the private one is watched, and left in good order at the end."""
    from geo.flows.ready import make_ready  # noqa: PLC0415 - heavy
    from geo.store import cluster  # noqa: PLC0415 - heavy

    chosen = settings()
    if chosen.database_url:
        make_ready(chosen.database_url.get_secret_value(), _tell)
        yield
        return
    make_ready(
        cluster.ensure_running(chosen.data_dir, port=chosen.database_port, tell=_tell), _tell
    )
    ended = threading.Event()
    watcher = threading.Thread(target=_keep_running, args=[ended], daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        cluster.release(chosen.data_dir)


def _tell(message: Message) -> None:
    """Say what is going on: to a person, or as a line of the log."""
    from api.logs import plain_lines  # noqa: PLC0415 - heavy

    if plain_lines(settings().log_format):
        warn(message)
    else:
        logging.getLogger("hongge.serve").warning("%s", said(message))


def _keep_running(ended: threading.Event) -> None:
    """Start the private database again should it crash."""
    from geo.store import cluster  # noqa: PLC0415 - heavy

    chosen = settings()
    while not ended.wait(WATCH_S):
        try:
            if cluster.status(chosen.data_dir).pid is None:
                _tell(msg("The database has stopped: starting it again."))
                cluster.ensure_running(chosen.data_dir, port=chosen.database_port)
        except HonggeError as error:
            _tell(error.message)


@contextmanager
def _announcement(host: str, port: int) -> Iterator[None]:
    """Say the addresses of the pages as soon as the service answers."""
    ended = threading.Event()
    announcer = threading.Thread(target=_announce, args=[host, port, ended], daemon=True)
    announcer.start()
    try:
        yield
    finally:
        ended.set()


def _announce(host: str, port: int, ended: threading.Event) -> None:
    while not ended.wait(0.1):
        if _answers(host, port):
            say(msg("Hongge is ready:"))
            for path, what in ADDRESSES.items():
                say(
                    msg(
                        "  http://%(host)s:%(port)s%(path)s  %(what)s",
                        host=LOOPBACK.get(host, host),
                        port=port,
                        path=path,
                        what=what,
                    )
                )
            _say_logins()
            sys.stdout.flush()
            return


def _say_logins() -> None:
    """Say the logins of a demonstration; a real city has none that is given out."""
    from geo.flows.accounts import ROLE_NAMES  # noqa: PLC0415 - heavy
    from geo.flows.demonstration import demonstration_logins  # noqa: PLC0415 - heavy
    from geo.flows.ready import DEMONSTRATIONS  # noqa: PLC0415 - heavy

    chosen = settings()
    url = chosen.database_url.get_secret_value() if chosen.database_url else None
    try:
        logins = demonstration_logins(chosen.data_dir, DEMONSTRATIONS[0].name, url)
    except (HonggeError, OSError) as error:
        _tell(msg("The demonstration's logins can't be made: %(reason)s", reason=error))
        return
    if logins:
        say(msg("Logins of the demonstration (name, password, role):"))
    for one in logins:
        click.echo(f"  {one.name:<12}{one.password}  {said(ROLE_NAMES[one.role])}")


def _answers(host: str, port: int) -> bool:
    connection = HTTPConnection(LOOPBACK.get(host, host).strip("[]"), port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == HTTPStatus.OK
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def _refuse_busy_port(host: str, port: int) -> None:
    """End with a clear message when the address can't be listened on."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        fail(
            msg(
                "The service can't listen on %(host)s port %(port)s (%(reason)s): "
                "choose another with --host or --port.",
                host=host,
                port=port,
                reason=error.strerror or error,
            )
        )


def _leave(_number: int, _frame: object) -> NoReturn:
    """End in good order, so that the private database is stopped."""
    raise SystemExit(0)
