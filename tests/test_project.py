"""What must hold of the project as a whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest

from api.cli import COMMANDS, LazyGroup
from api.settings_page import PAGE, settings_page
from geo.settings import PREFIX, Settings
from geo.store import migrate
from tests.conftest import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = sorted((PROJECT / "requirements").glob("*.txt"))
PAGES_FOR_READERS = (
    "README.md",
    "README.zh.md",
    "docs/operations.md",
    "docs/settings.md",
    "docs/security.md",
)
# Written in pieces, so that this file doesn't hold what it looks for.
FOREIGN = [
    re.compile(re.escape(first + second))
    for first, second in (
        ("registry.", "npmjs"),
        ("pypi", ".org"),
        ("files.", "pythonhosted"),
        ("deb.", "debian.org"),
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
    )
]


def run(*command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=PROJECT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def tracked() -> list[Path]:
    listed = run("git", "ls-files", "-z")
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [PROJECT / name for name in listed.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def assets() -> Any:
    """Return the set-up's module, which belongs to no package."""
    spec = spec_from_file_location("assets", PROJECT / "setup" / "assets.py")
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def requirements(lock: Path) -> dict[str, str]:
    """Return the packages of a lock file: name -> version and all that follows it."""
    entries = re.split(r"\n(?=[A-Za-z0-9])", lock.read_text("utf-8"))
    return {
        f"{match[1]}=={match[2]}": entry
        for entry in entries
        if (match := re.match(r"([A-Za-z0-9._-]+)==(\S+)", entry))
    }


def test_lint() -> None:
    done = run(tool("ruff"), "check")
    assert done.returncode == 0, done.stdout


def test_format() -> None:
    done = run(tool("ruff"), "format", "--check")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("what", [("-p", "geo", "-p", "api", "-p", "maps"), ("setup",)])
def test_types(what: tuple[str, ...]) -> None:
    done = run(tool("mypy"), *what)
    assert done.returncode == 0, done.stdout


def test_the_longest_files_of_tests_are_there() -> None:
    assert [name for name in LONGEST if not (PROJECT / name).is_file()] == []


def test_import_contracts() -> None:
    done = run(tool("lint-imports"), "--no-cache")
    assert done.returncode == 0, done.stdout


def test_migrations_make_what_the_models_say(database_url: str) -> None:
    assert migrate.check(database_url) == []
    assert migrate.status(database_url).current


def test_no_file_names_a_registry_or_somebodys_machine() -> None:
    found = [
        f"{path.relative_to(PROJECT)}: {pattern.pattern}"
        for path in tracked()
        if path.suffix not in {".png", ".geojson", ".csv", ".mo"}
        for pattern in FOREIGN
        if pattern.search(path.read_text("utf-8", errors="replace"))
    ]
    assert found == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_python_locks_have_hashes_and_no_addresses(lock: Path) -> None:
    text = lock.read_text("utf-8")
    assert "://" not in text
    assert "--index-url" not in text
    found = requirements(lock)
    assert found
    assert [name for name, entry in found.items() if "--hash=sha256:" not in entry] == []


def test_the_npm_lock_has_digests_and_no_addresses() -> None:
    text = (PROJECT / "package-lock.json").read_text("utf-8")
    packages = {name: one for name, one in json.loads(text)["packages"].items() if name}
    assert packages
    assert [name for name, one in packages.items() if "resolved" in one] == []
    assert [name for name, one in packages.items() if "integrity" not in one] == []


def test_the_service_runs_on_what_the_tests_ran_on() -> None:
    run_lock = requirements(PROJECT / "requirements" / "run.txt")
    dev_lock = requirements(PROJECT / "requirements" / "dev.txt")
    assert set(run_lock) - set(dev_lock) == set()


def test_every_dependency_is_locked() -> None:
    import tomllib  # noqa: PLC0415 - of this test alone

    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    wanted = {"run": project["dependencies"], **project["optional-dependencies"]}
    for name, dependencies in wanted.items():
        locked = {one.split("==")[0] for one in requirements(PROJECT / f"requirements/{name}.txt")}
        names = {re.split(r"[\[<>=;]", one)[0].strip().lower() for one in dependencies}
        assert names - locked == set(), f"requirements/{name}.txt: run “make lock”"


def test_served_files_are_there_with_their_licences() -> None:
    module = assets()
    for target in module.copies():
        assert (PROJECT / target).stat().st_size > 0
    for package, files in module.SERVED.items():
        assert any("LICENSE" in target for target in files.values()), package


def test_the_packages_carry_what_is_not_committed(tmp_path: Path) -> None:
    """The sdist and the wheel hold the assets; a wheel from the sdist needs neither npm nor git."""
    hatchling = (sys.executable, "-m", "hatchling", "build", "-d", str(tmp_path))
    done = run(*hatchling, "-t", "sdist")
    assert done.returncode == 0, done.stderr
    (tmp_path / "unpacked").mkdir()
    packed = str(next(tmp_path.glob("*.tar.gz")))
    assert run("tar", "-xzf", packed, "-C", str(tmp_path / "unpacked")).returncode == 0
    source = next((tmp_path / "unpacked").iterdir())
    (tmp_path / "bin").mkdir()
    built = subprocess.run(
        [*hatchling, "-t", "wheel"],
        cwd=source,
        env={"PATH": str(tmp_path / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    module = assets()
    wanted = {str(target) for target in module.copies()}
    wanted |= {str(path.relative_to(PROJECT)) for path in module.catalogues(PROJECT)}
    wanted |= {str(path.relative_to(PROJECT)) for path in (PROJECT / "geo/store/sql").glob("*.sql")}
    assert wanted - names == set()
    assert not [name for name in names if name.startswith(("tests/", "setup/", "var/"))]


def test_the_page_about_settings_is_current() -> None:
    page = PAGE.read_text("utf-8")
    assert page == settings_page(), "run: python -m api.settings_page"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_explained(name: str) -> None:
    field = Settings.model_fields[name]
    assert field.description
    assert field.description.endswith(".")
    rows = [line for line in settings_page().splitlines() if f"`{PREFIX}{name.upper()}`" in line]
    assert len(rows) == 1
    assert len([cell for cell in rows[0].split(" | ") if cell.strip(" |")]) == 4


def test_settings_that_hold_secrets_are_kept_as_such() -> None:
    telling = re.compile("secret|password|url")
    open_ones = {"public_url", "breached_passwords", "tile_url"}
    for name, field in Settings.model_fields.items():
        if telling.search(name) and name not in open_ones:
            assert "SecretStr" in str(field.annotation), name


def test_no_setting_is_explained_that_isnt_there() -> None:
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    known |= {"HONGGE_TEST_DATABASE_URL", "HONGGE_SHARED_DATA", "HONGGE_TEST_API_EXAMPLES"}
    for page in PAGES_FOR_READERS:
        mentioned = set(re.findall(r"HONGGE_[A-Z0-9_]+", (PROJECT / page).read_text("utf-8")))
        assert mentioned - known == set(), page


def commands() -> Iterator[str]:
    """Yield every command as it is typed."""
    group = LazyGroup(name="hongge")
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        if isinstance(command, click.Group):
            yield from (f"hongge {name} {part}" for part in command.commands)
        else:
            yield f"hongge {name}"


def test_every_command_is_explained() -> None:
    texts = [(PROJECT / "README.md"), *sorted((PROJECT / "docs").glob("*.md"))]
    everything = "\n".join(path.read_text("utf-8") for path in texts)
    assert [one for one in commands() if f"`{one}" not in everything] == []
    chinese = (PROJECT / "README.zh.md").read_text("utf-8")
    assert [name for name in COMMANDS if f"`hongge {name}" not in chinese] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_every_make_target_is_explained(page: str) -> None:
    makefile = (PROJECT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z]+):.*##", makefile, flags=re.MULTILINE)
    text = (PROJECT / page).read_text("utf-8")
    assert targets
    assert [one for one in targets if f"make {one}" not in text] == []


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_links_between_pages_lead_somewhere(page: str) -> None:
    text = (PROJECT / page).read_text("utf-8")
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert links
    assert [one for one in links if not (PROJECT / one).exists()] == []


def test_a_machine_without_a_package_manager_gets_one_clear_list(tmp_path: Path) -> None:
    for name in ("sh", "dirname", "mkdir", "id", "cat"):
        (tmp_path / name).symlink_to(shutil.which(name) or "")
    done = subprocess.run(
        [tmp_path / "sh", PROJECT / "setup" / "prepare.sh", "dev"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert len(lines) == 2
    for line in lines:
        assert {"python3-venv", "chromium", "fonts-noto-cjk"} <= set(line.split())


def test_setup_leaves_other_servers_alone(tmp_path: Path) -> None:
    """Debian's first server is switched off while we install, and only then."""
    script = f"""
    cd {PROJECT}
    . setup/say.sh; . setup/python.sh; . setup/packages.sh
    DROPIN={tmp_path}/createcluster.d/hongge-setup.conf
    as_root() {{ "$@"; }}
    can_install() {{ :; }}
    missing_packages() {{ [ -e {tmp_path}/installed ] || echo postgresql-postgis; }}
    apt_install() {{ cat "$DROPIN"; touch {tmp_path}/installed; echo "$@"; }}
    install_missing_packages run
    """
    done = subprocess.run(["/bin/sh", "-euc", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["create_main_cluster = false", "postgresql-postgis"]
    assert list((tmp_path / "createcluster.d").iterdir()) == []
