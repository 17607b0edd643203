"""Printing pages to PDF, from what they hold alone."""

from __future__ import annotations

from typing import NoReturn


def to_pdf(html: str) -> bytes:
    """Return a page as a PDF document.

    Parameters
    ----------
    html
        A whole page; styles and drawings are in it, for nothing is fetched from anywhere.

    Raises
    ------
    ValueError
        When the page refers to something outside of it.
    """
    from weasyprint import HTML  # noqa: PLC0415 - heavy, for few requests

    written: bytes = HTML(string=html, url_fetcher=_refuse).write_pdf()
    return written


def _refuse(url: str, *_: object, **__: object) -> NoReturn:
    raise ValueError(url)


__all__ = ["to_pdf"]
