"""QR codes (二维码) as drawings, sharp at every size (ISO/IEC 18004)."""

from __future__ import annotations

QUIET_MODULES = 4
"""White modules around a code, as the standard asks for."""


def qr_svg(text: str, title: str) -> str:
    """Return a QR code as an SVG element to stand in a page.

    A quarter of it may be dirty or torn and it is still read (level Q).

    Parameters
    ----------
    text
        What it says, such as an address.
    title
        What it is for, to those who don't see it.

    Raises
    ------
    ValueError
        When the text is too long for a code.

    Examples
    --------
    >>> qr_svg("https://example.org/", "Page")[:4]
    '<svg'
    >>> "<title>A &amp; B</title>" in qr_svg("", "A & B")
    True
    """
    import segno  # noqa: PLC0415 - for few requests

    code = segno.make(text, error="q", micro=False, boost_error=True)
    drawn: str = code.svg_inline(border=QUIET_MODULES, omitsize=True, title=title, svgclass="qr")
    return drawn
