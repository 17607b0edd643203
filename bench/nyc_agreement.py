"""How often `hongge assign` agrees with the district that New York's 311 recorded.

Takes the folder with `nyc311_2018_1000.csv` and `community_districts_orig.geojson`:

    python -m bench.nyc_agreement FOLDER
"""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

BOROUGHS = ("MANHATTAN", "BRONX", "BROOKLYN", "QUEENS", "STATEN ISLAND")


def recorded(board: str) -> str | None:
    """Return the code of a community board such as “08 MANHATTAN”, if it is one."""
    number, _, borough = board.partition(" ")
    if not number.isdigit() or borough not in BOROUGHS:
        return None
    return str(100 * (BOROUGHS.index(borough) + 1) + int(number))


def main(folder: Path) -> None:
    """Assign, compare, print."""
    hongge = str(Path(sys.executable).with_name("hongge"))
    with TemporaryDirectory() as name:
        out = Path(name) / "out.csv"
        districts = folder / "community_districts_orig.geojson"
        requests = folder / "nyc311_2018_1000.csv"
        command = [hongge, "assign", requests, "--polygons", districts, "--polygon-id", "BoroCD"]
        subprocess.run([*map(str, command), "-o", str(out)], check=True)
        with out.open(newline="") as file:
            rows = list(csv.DictReader(file))
    compared = [
        row for row in rows if row["method"] != "invalid" and recorded(row["Community Board"])
    ]
    agreed = [row for row in compared if row["grid"] == recorded(row["Community Board"])]
    share_pct = 100 * len(agreed) / len(compared)
    print(f"{len(agreed)} of {len(compared)} agree: {share_pct:.2f} %")
    for row in compared:
        if row not in agreed:
            print(row["Unique Key"], row["Community Board"], row["grid"], row["Incident Address"])


if __name__ == "__main__":
    main(Path(sys.argv[1]))
