"""Bring the catalogues of texts up to date with the sources; say what still needs a translation.

English, the language of the sources, is filled in by itself; other languages keep what they have,
lose what is gone, and gain empty entries for what is new. Run it from the project's folder:
``python setup/catalogues.py``. Exit status 1 when a translation is missing.
"""

from __future__ import annotations

import io
import subprocess
import sys
import tempfile
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

PROJECT = Path(__file__).resolve().parent.parent
LOCALE = PROJECT / "api" / "locale"
SOURCE_LANGUAGE = "en"
HEADER = """msgid ""
msgstr ""
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"

"""


def extract() -> Catalog:
    """Return the texts of all sources, by the rules in ``pyproject.toml``."""
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "messages.pot"
        babel = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract"]
        options = ["-F", "pyproject.toml", "-k", "msg", "-o", str(found)]
        subprocess.run([*babel, *options, "geo", "api", "maps"], cwd=PROJECT, check=True)
        return read_po(io.BytesIO(found.read_bytes()))


def update(path: Path, extracted: Catalog) -> list[str]:
    """Rewrite one catalogue; return the texts that it does not translate."""
    language = path.parent.parent.name
    known = read_po(io.BytesIO(path.read_bytes()), locale=language)
    fresh = Catalog(locale=language)
    for message in extracted:
        if message.id:
            old = known.get(message.id)
            said = message.id if language == SOURCE_LANGUAGE else old and old.string
            files = sorted({(file, 0) for file, _ in message.locations})
            fresh.add(message.id, said or "", locations=files)
    written = io.BytesIO()
    write_po(written, fresh, width=100, sort_output=True, omit_header=True, include_lineno=False)
    path.write_text(HEADER.format(language=language) + written.getvalue().decode().strip() + "\n")
    return [str(message.id) for message in fresh if message.id and not message.string]


def main() -> None:
    """Update every catalogue."""
    extracted = extract()
    missing = [
        f"{path.parent.parent.name}: {text}"
        for path in sorted(LOCALE.glob("*/LC_MESSAGES/messages.po"))
        for text in update(path, extracted)
    ]
    sys.exit("\n".join(missing) if missing else 0)


if __name__ == "__main__":
    main()
