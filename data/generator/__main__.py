"""``python -m data.generator [jinggangshan|qianjin] [--out FOLDER]``."""

from __future__ import annotations

import argparse
from pathlib import Path

from data.generator import generate
from data.generator.generate import PLANS

BOUNDARIES = Path(__file__).resolve().parent.parent / "boundaries"


def main() -> None:
    """Write the jurisdictions that were asked for, by default all."""
    parser = argparse.ArgumentParser(prog="python -m data.generator", description=__doc__)
    parser.add_argument("slug", nargs="?", choices=sorted(PLANS), help="which one; default: all")
    parser.add_argument("--out", type=Path, default=BOUNDARIES, help="folder of the folders")
    chosen = parser.parse_args()
    for slug in [chosen.slug] if chosen.slug else sorted(PLANS):
        generate.generate(slug, chosen.out / slug)


if __name__ == "__main__":
    main()
