"""``hongge work``: computing the proposals that planners ask for."""

from __future__ import annotations

import logging.config
import os
import signal
import sys
import threading
import time

import click

from api.commands.speech import said
from geo.messages import msg
from geo.settings import settings

PATIENCE_S = 2.0
"""A search that goes on for longer than this after the end is broken off: its job is given back."""


@click.command(
    help=said(
        msg(
            "Compute the proposals that planners ask for, until interrupted. The service starts"
            " such a process by itself; this is for computing on another machine."
        )
    )
)
@click.option("--until-closed", is_flag=True, hidden=True)
def command(*, until_closed: bool) -> None:
    """Do jobs; what is being worked at is given back at the end."""
    from api.logs import log_settings  # noqa: PLC0415 - heavy
    from geo.flows.plan_worker import IDLE_S, work  # noqa: PLC0415 - heavy

    chosen = settings()
    logging.config.dictConfig(
        log_settings(chosen.log_format, chosen.log_level, texts_of_errors=chosen.log_error_texts)
    )
    ending = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: ending.set())
    if until_closed:
        threading.Thread(target=_watch_input, args=[ending], daemon=True).start()
    work(ending=ending, idle_s=IDLE_S if until_closed else float("inf"))
    if until_closed:
        logging.shutdown()
        os._exit(0)  # nobody waits for the interpreter to take itself apart


def _watch_input(ending: threading.Event) -> None:
    """End when whoever started this process is gone, however it went, and whatever is under way."""
    sys.stdin.buffer.read()
    ending.set()
    time.sleep(PATIENCE_S)
    os._exit(0)
