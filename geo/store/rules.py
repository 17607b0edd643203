"""Rules of the database that have a name, as errors that say which was broken."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from psycopg import IntegrityError
from sqlalchemy.exc import IntegrityError as SqlAlchemyIntegrityError

if TYPE_CHECKING:
    from collections.abc import Iterator


class BrokenRuleError(Exception):
    """A rule of the database is broken; ``rule`` is its name."""

    def __init__(self, rule: str) -> None:
        super().__init__(rule)
        self.rule = rule


@contextmanager
def naming_the_rule(kind: type[BrokenRuleError]) -> Iterator[None]:
    """Turn a broken rule into an error of a kind, by the rule's name."""
    try:
        yield
    except SqlAlchemyIntegrityError as error:
        if isinstance(error.orig, IntegrityError):
            raise kind(error.orig.diag.constraint_name or "") from error
        raise
