"""Databases for benches: made empty, and dropped at the end."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from geo.store import cluster, migrate
from geo.store.engine import close, plain_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def empty_database(folder: Path) -> Iterator[str]:
    """Make a database with tables in the cluster of a folder, and drop it at the end."""
    server = cluster.ensure_running(folder)
    name = f"hongge_bench_{os.getpid()}"
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(plain_url(server), autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        migrate.upgrade(url)
        yield url
    finally:
        close(url)
        with psycopg.connect(plain_url(server), autocommit=True) as connection:
            forced = sql.SQL("DROP DATABASE {} WITH (FORCE)")
            connection.execute(forced.format(sql.Identifier(name)))
        cluster.release(folder)
