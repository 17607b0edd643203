"""Parts of a jurisdiction that a map shows one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from api.i18n import translate
from api.rendering import local
from geo.messages import msg

if TYPE_CHECKING:
    from geo.core.ground import Ground


def part_names(ground: Ground, together: list[tuple[str, ...]], language: str) -> list[str]:
    """Return what the parts are called: the first community of each.

    Parameters
    ----------
    ground
        Of the jurisdiction.
    together
        Codes of the communities of each part.
    language
        Of the reader.
    """
    names = {one.code: local(language, one) for one in ground.communities}
    return [
        names[codes[0]]
        if len(codes) == 1
        else translate(
            msg("%(name)s and %(count)s more", name=names[codes[0]], count=len(codes) - 1), language
        )
        for codes in together
    ]
