"""What endpoints of maps ask for: who reads, in which language."""

from typing import Annotated

from fastapi import Depends

from api.deps import LanguageDep, RegistryDep, SessionDep, UrlDep
from api.map_sheets import Reader


async def get_reader(
    session: SessionDep, registry: RegistryDep, language: LanguageDep, url: UrlDep
) -> Reader:
    """Return who maps are made for."""
    return Reader(session, registry, language, url)


ReaderDep = Annotated[Reader, Depends(get_reader)]
