"""What endpoints ask for: a transaction, the generations in memory, the reader's language.

Those that don't wait are coroutines: FastAPI runs plain functions in a thread, which takes longer
than what they do.
"""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request

from api.i18n import language_of
from geo.flows.registry import Registry
from geo.store.engine import Session, session


async def get_url(request: Request) -> str | None:
    """Return the address of the database; ``None`` for the settings'."""
    url: str | None = request.app.state.database_url
    return url


def get_session(url: Annotated[str | None, Depends(get_url)]) -> Iterator[Session]:
    """Open a transaction for one request; it is committed before the answer is sent."""
    with session(url) as opened:
        yield opened


async def get_registry(request: Request) -> Registry:
    """Return the generations that this process keeps in memory."""
    registry: Registry = request.app.state.registry
    return registry


async def get_language(request: Request) -> str:
    """Return the reader's language."""
    return language_of(request)


UrlDep = Annotated[str | None, Depends(get_url)]
SessionDep = Annotated[Session, Depends(get_session, scope="function")]
RegistryDep = Annotated[Registry, Depends(get_registry)]
LanguageDep = Annotated[str, Depends(get_language)]
