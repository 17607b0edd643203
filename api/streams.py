"""What streams of events have in common: who listens still may, and is gone when they leave."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from api.cookies import SESSION, read_cookie
from geo.errors import TokenRefusedError
from geo.flows.sign_in import still_signed_in, visitor_of_token

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import Receive

    from geo.flows.sign_in import Visitor
    from geo.flows.telling import Line

CHECKED_S = 20.0
"""How often it is checked that whoever listens still may."""

COMES_AGAIN_MS = 2000


@dataclass(frozen=True, slots=True)
class Proof:
    """By what a listener proves who they are.

    Parameters
    ----------
    session_token, program_token
        What the request came with.
    url
        The database; ``None`` for the settings'.
    """

    session_token: str | None
    program_token: str | None
    url: str | None

    def holds(self) -> bool:
        """Tell whether the session or the token still holds."""
        if self.session_token is not None:
            return still_signed_in(self.session_token, self.url)
        if self.program_token is not None:
            try:
                visitor_of_token(self.program_token, self.url)
            except TokenRefusedError:
                return False
        return True


def proof_of(request: Request, visitor: Visitor) -> Proof:
    """Return what a request came with."""
    given = request.headers.get("authorization", "").partition(" ")[2].strip()
    return Proof(
        read_cookie(request, SESSION) if visitor.csrf_token is not None else None,
        given if visitor.scopes is not None else None,
        request.app.state.database_url,
    )


@asynccontextmanager
async def until_they_leave(receive: Receive, line: Line[Any]) -> AsyncIterator[None]:
    """End what a listener is told as soon as they have gone, not when the next thing is said.

    Parameters
    ----------
    receive
        Of the request: tells when they leave.
    line
        What they are told.
    """
    leaving = asyncio.create_task(_leave(receive, line))
    try:
        yield
    finally:
        leaving.cancel()


async def _leave(receive: Receive, line: Line[Any]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    line.end()
