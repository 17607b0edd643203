"""Printing pages as PDF documents, from what they hold alone."""

from __future__ import annotations


def to_pdf(html: str) -> bytes:
    """Return a page as a PDF document.

    Parameters
    ----------
    html
        A whole page; styles, drawings and pictures are in it, for nothing is fetched from anywhere.

    Raises
    ------
    ValueError
        When the page takes something from outside of it, be it a file or an address. What its
        drawings would take from there is left out.

    Examples
    --------
    >>> to_pdf("")[:5]
    b'%PDF-'
    """
    from PIL import ImageFile  # noqa: PLC0415 - heavy, for few requests
    from weasyprint import HTML  # noqa: PLC0415 - as above
    from weasyprint.urls import FatalURLFetchingError, URLFetcher  # noqa: PLC0415 - as above

    # WeasyPrint lets the whole process take pictures that are cut off, photos of strangers as well.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    inside = URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
    try:
        written: bytes = HTML(string=html, url_fetcher=inside).write_pdf()
    except FatalURLFetchingError as error:
        raise ValueError(str(error)) from error
    return written


__all__ = ["to_pdf"]
