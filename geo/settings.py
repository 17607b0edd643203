"""Every setting, typed, in one place; each is an environment variable ``HONGGE_…``."""

from __future__ import annotations

import os
import re
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from geo.errors import SettingMissingError, SettingRefusedError

PREFIX = "HONGGE_"
PROJECT_FOLDER = Path(__file__).resolve().parent.parent


def default_data_dir() -> Path:
    """Return ``var`` in a checkout; for an installed package the user's own data folder.

    The latter is that of the XDG Base Directory Specification.
    """
    if (PROJECT_FOLDER / "pyproject.toml").exists():
        return PROJECT_FOLDER / "var"
    shared = os.environ.get("XDG_DATA_HOME")
    return (Path(shared) if shared else Path.home() / ".local" / "share") / "hongge"


class Settings(BaseSettings):
    """The settings of one process."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, extra="ignore")

    database_url: SecretStr | None = Field(
        default=None,
        description="An existing PostGIS database, `postgresql://user:password@host/name`;"
        " empty: the private cluster.",
    )
    service_database_url: SecretStr | None = Field(
        default=None,
        description="The address with the service's own login; empty: made by “hongge db upgrade”.",
    )
    allowed_hosts: str = Field(
        default="",
        description="Names the service answers to, separated by commas; empty: to every name.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1,::1",
        description=(
            "Addresses or networks of reverse proxies that are believed about who asks,"
            " separated by commas."
        ),
    )
    hsts_s: int = Field(
        default=31536000,
        ge=0,
        description="For how many seconds browsers that came by TLS keep to it; 0: not told.",
    )
    log_format: Literal["auto", "json", "plain"] = Field(
        default="auto",
        description="What the log's lines look like; auto: plain on a terminal, else JSON.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="The least important lines that are logged."
    )
    log_error_texts: bool = Field(
        default=False,
        description="Log what errors say, which may hold personal data; to find a fault.",
    )
    body_max_kb: int = Field(
        default=1000, ge=1, description="How large a request without photos may be, in kilobytes."
    )
    body_pause_s: float = Field(
        default=20.0, gt=0, description="How long a request's body may pause, in seconds."
    )
    body_max_s: float = Field(
        default=300.0, gt=0, description="How long a request's body may take, in seconds."
    )
    json_depth_max: int = Field(
        default=32, ge=8, description="How deep lists and objects may be nested in a request."
    )
    data_dir: Path = Field(
        default_factory=default_data_dir,
        description="Where the private cluster and caches live.",
    )
    database_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="The private cluster's TCP port on loopback; empty: socket only.",
    )
    language: str = Field(default="zh_CN", description="The language of pages and commands.")
    refuse_offset_datums: bool = Field(
        default=False, description="Refuse input in GCJ-02 and BD-09 everywhere."
    )
    nearest_max_m: float = Field(
        default=30.0, ge=0, description="How far outside every grid a point still gets the nearest."
    )
    confident_share: float = Field(
        default=0.95,
        gt=0,
        le=1,
        description="Share of the accuracy circle that makes an answer sure.",
    )
    clock_skew_s: float = Field(
        default=300.0,
        ge=0,
        description="How far in the future an issue may claim to have occurred.",
    )
    remind_before_pct: float = Field(
        default=25.0,
        ge=0,
        le=100,
        description="Share of a deadline's working time that is left when a reminder is written,"
        " percent.",
    )
    past_generations: int = Field(
        default=4, ge=1, description="How many past generations a process keeps in memory."
    )
    grid_households_min: int = Field(
        default=300, ge=0, description="The fewest households that a general grid should have."
    )
    grid_households_max: int = Field(
        default=500, ge=1, description="The most households that a general grid should have."
    )
    tile_url: str = Field(
        default="",
        description="Addresses of tiles that lie under maps instead of the service's own, with"
        " `{z}`, `{x}` and `{y}`, separated by spaces; drawn over each other in order. Browsers ask"
        " them, so their hosts learn which places are looked at.",
    )
    tile_subdomains: str = Field(
        default="", description="What stands for `{s}` in addresses of tiles, a letter each."
    )
    tile_attribution: str = Field(
        default="", description="Who made these tiles, said on every map with them."
    )
    tile_max_zoom: int = Field(
        default=18, ge=1, le=22, description="The closest zoom that there are such tiles for."
    )
    public_min: int = Field(
        default=8,
        ge=3,
        le=1000,
        description="The fewest residents at a place, and the fewest issues, whose number a public"
        " map tells; fewer are not published.",
    )
    public_geography: Literal["grid", "hexagon", "square"] = Field(
        default="hexagon",
        description="What the public map of hot spots counts by: cells of a lattice that never"
        " moves, or grids. What has been released keeps what it was released by.",
    )
    public_side_m: float = Field(
        default=300.0,
        ge=100,
        le=5000,
        description="The side of such a square cell, or the distance between opposite sides of a"
        " hexagonal one, in metres.",
    )
    public_period: Literal["quarter", "half", "year", "never"] = Field(
        default="year",
        description="How long the periods are that the public map of hot spots counts: quarters,"
        " halves of a year or years of the calendar; never: nothing is released.",
    )
    public_after_days: int = Field(
        default=14,
        ge=0,
        le=366,
        description="How many days after its end a period is released: until then its issues are"
        " sorted.",
    )
    maps_ready: bool = Field(
        default=True,
        description="Make maps ready in the background, so that nobody waits some seconds for the"
        " first one after the start or after data changed.",
    )
    score_boundary_tolerance_m: float = Field(
        default=10.0,
        gt=0,
        description="How far from the middle of a road or a railway, or the bank of a river, a"
        " boundary runs at most that follows it, in metres.",
    )
    score_boundary_angle_deg: float = Field(
        default=20.0,
        gt=0,
        le=90,
        description="By how many degrees a boundary turns away at most from what it follows.",
    )
    score_boundary_min_pct: float = Field(
        default=80.0,
        ge=0,
        le=100,
        description="Share of the boundary that should follow roads, rivers or railways, percent.",
    )
    score_polsby_popper_min: float = Field(
        default=0.3, ge=0, le=1, description="The least compactness after Polsby and Popper."
    )
    score_reock_min: float = Field(
        default=0.3, ge=0, le=1, description="The least compactness after Reock."
    )
    score_hull_min: float = Field(
        default=0.7,
        ge=0,
        le=1,
        description="The least share of its convex hull a grid should fill.",
    )
    score_deviation_max_pct: float = Field(
        default=25.0,
        ge=0,
        description="How far a grid's households may be from its community's mean, percent.",
    )
    score_variation_max_pct: float = Field(
        default=15.0,
        ge=0,
        description="The largest coefficient of variation of households a grid, percent.",
    )
    score_households_per_worker_max: float = Field(
        default=500.0, gt=0, description="The most households for each full-time grid worker."
    )
    score_units_answered_min_pct: float = Field(
        default=90.0,
        ge=0,
        le=100,
        description="Share of units for which a named person should answer, percent.",
    )
    score_households_answered_min_pct: float = Field(
        default=20.0,
        ge=0,
        le=100,
        description="Share of households for which a named person should answer, percent.",
    )
    score_walk_mean_max_m: float = Field(
        default=500.0,
        gt=0,
        description="How long the mean walk to a station may be, in metres.",
    )
    score_walk_p95_max_m: float = Field(
        default=1000.0,
        gt=0,
        description="How long the walk of 95 of 100 households to a station may be, in metres.",
    )
    walk_m_per_min: float = Field(
        default=80.0,
        gt=0,
        le=300,
        description="How fast people walk, in metres a minute. 80 is what the Japanese fair"
        " competition code for real estate counts, 4.8 km/h; 60 for older people.",
    )
    catchment_width_m: float = Field(
        default=50.0,
        gt=0,
        le=500,
        description="How far to both sides of the ways catchments of stations are drawn, in"
        " metres.",
    )
    plan_workers: int = Field(
        default=1,
        ge=0,
        description="How many proposals are computed at a time, all of the service's processes"
        " together; 0: none by this one.",
    )
    plan_seconds_max: float = Field(
        default=300.0,
        gt=0,
        description="How long computing a proposal may take, in seconds; it ends by itself before.",
    )
    plan_file_max_mb: float = Field(
        default=20.0,
        gt=0,
        description="How large the file of an imported plan may be, in megabytes.",
    )
    reports_at_once: int = Field(
        default=60,
        ge=0,
        description="How many reports one address may send at once without an account, to each of"
        " the service's processes; 0: as many as it likes.",
    )
    reports_pause_s: float = Field(
        default=10.0,
        gt=0,
        description="After how many seconds such an address may send one more.",
    )
    reports_free_from: str = Field(
        default="127.0.0.0/8,::1",
        description="Addresses or networks that may send as many reports as they like, separated"
        " by commas; by default programs on the machine itself.",
    )
    bookings_at_once: int = Field(
        default=20,
        ge=0,
        description="How many bookings one address may send at once without an account, to each of"
        " the service's processes; 0: as many as it likes.",
    )
    bookings_pause_s: float = Field(
        default=60.0,
        gt=0,
        description="After how many seconds such an address may book once more.",
    )
    booking_reminder: str = Field(
        default="18:00",
        description="When people are reminded of a booking: `18:00`, the evening before, or `2h` or"
        " `90m`, so long before; `never`.",
    )
    photos_max: int = Field(default=6, ge=0, description="How many photos an issue may have.")
    photo_max_mb: float = Field(
        default=8.0, gt=0, description="How large a photo may be, in megabytes."
    )
    photo_max_megapixels: float = Field(
        default=50.0,
        gt=0,
        description="How many megapixels a photo may have; each takes 4 MB of memory while read.",
    )
    photo_side_px: int = Field(
        default=4096, ge=64, le=16384, description="The longest side of a photo as it is kept."
    )
    photos_at_once: int = Field(
        default=2, ge=1, description="How many photos a process encodes at the same time."
    )
    public_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^/\s]+$",
        description="Address that people open, such as https://grid.example; empty: as asked."
        " Sign-in by OpenID Connect needs it.",
    )
    session_idle_minutes: float = Field(
        default=60.0, gt=0, description="After how long without use a session ends."
    )
    session_hours: float = Field(
        default=12.0, gt=0, description="After how long a session ends in any case."
    )
    token_days_max: int = Field(
        default=366, ge=1, description="How long a program's token may be valid at most, in days."
    )
    breached_passwords: Path | None = Field(
        default=None,
        description="Sorted file of SHA-1:count lines; passwords in it are refused.",
    )
    oidc_issuer: str | None = Field(
        default=None, description="Address of an OpenID Connect provider; empty: none."
    )
    oidc_client_id: str | None = Field(
        default=None, description="What the provider calls this service."
    )
    oidc_client_secret: SecretStr | None = Field(
        default=None, description="The secret agreed with the provider; never written anywhere."
    )
    oidc_name_claim: str = Field(
        default="preferred_username",
        pattern=r"^[A-Za-z0-9_:/.-]+$",
        description="The provider's claim that holds the account's name.",
    )
    oidc_label: str = Field(
        default="OpenID Connect", description="How the provider is called on the sign-in page."
    )
    oidc_create_accounts: bool = Field(
        default=False,
        description="Make an account without any role for whoever the provider knows.",
    )
    feedback_url: SecretStr | None = Field(
        default=None,
        description="Address of the gateway that tells reporters what came of their report; empty:"
        " none, and what is to be told waits.",
    )
    feedback_secret: SecretStr | None = Field(
        default=None,
        description="The secret agreed with the gateway, by which both sign what they send.",
    )
    feedback_tries: int = Field(
        default=12,
        ge=1,
        le=100,
        description="How often a message to the gateway is tried before it is given up.",
    )
    feedback_timeout_s: float = Field(
        default=10.0, gt=0, le=120, description="How long the gateway may take, in seconds."
    )
    keep_reporter_days: int = Field(
        default=180, ge=1, description="Days that a closed issue's reporter stays known."
    )
    keep_booking_days: int = Field(
        default=90, ge=1, description="Days that a booking is kept after its time, or its end."
    )
    keep_photo_days: int = Field(
        default=365, ge=1, description="Days that a closed issue's photos are kept."
    )
    keep_resident_days: int = Field(
        default=730, ge=1, description="Days that a resident is kept after the last confirmation."
    )
    keep_visit_days: int = Field(
        default=730, ge=1, description="Days that a visit to a household stays written down."
    )
    keep_session_days: int = Field(
        default=7, ge=0, description="Days that a session is kept after it has ended."
    )
    keep_token_days: int = Field(
        default=90, ge=0, description="Days that a token is kept after it has ended."
    )
    keep_browser_days: int = Field(
        default=365, ge=1, description="Days that a browser is known after it was last used."
    )
    keep_login_attempt_days: int = Field(
        default=30, ge=1, description="Days that tries to sign in are kept."
    )
    keep_idempotency_days: int = Field(
        default=7, ge=1, description="Days that a request that comes again gets the same answer."
    )
    keep_outbox_days: int = Field(
        default=30, ge=0, description="Days that a message to elsewhere is kept after delivery."
    )
    keep_audit_days: int = Field(
        default=1095, ge=180, description="Days that the audit trail is kept."
    )


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Return this process's settings, read once from the environment.

    Raises
    ------
    SettingRefusedError
        When a variable has a value that its setting can't have, or one that it needs is missing.
    """
    try:
        found = Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"{PREFIX}{first['loc'][0]}".upper()
        raise SettingRefusedError(name=name, value=first["input"], reason=first["msg"]) from None
    _check_bounds(found)
    _check_networks(found)
    _check_reminder(found)
    _check_openid(found)
    _check_feedback(found)
    _check_tiles(found)
    return found


def _check_bounds(found: Settings) -> None:
    """Refuse bounds of households between which nothing lies."""
    if found.grid_households_min > found.grid_households_max:
        raise SettingRefusedError(
            name=f"{PREFIX}GRID_HOUSEHOLDS_MIN",
            value=found.grid_households_min,
            reason=f"more than {PREFIX}GRID_HOUSEHOLDS_MAX",
        )


def _check_networks(found: Settings) -> None:
    """Refuse what is no list of addresses and networks."""
    for one in filter(None, map(str.strip, found.reports_free_from.split(","))):
        try:
            ip_network(one)
        except ValueError as error:
            name = f"{PREFIX}REPORTS_FREE_FROM"
            raise SettingRefusedError(name=name, value=one, reason=error) from None


def _check_reminder(found: Settings) -> None:
    """Refuse what is no time of day, no duration, and not ``never``."""
    known = r"([01][0-9]|2[0-3]):[0-5][0-9]|[0-9]{1,3}[hm]|never"
    if not re.fullmatch(known, found.booking_reminder):
        raise SettingRefusedError(
            name=f"{PREFIX}BOOKING_REMINDER",
            value=found.booking_reminder,
            reason="neither 18:00 nor 2h nor 90m nor never",
        )


def _check_openid(found: Settings) -> None:
    """Refuse a provider without what signing in there needs.

    The address that it sends people back to is never made from what a request says.
    """
    if not found.oidc_issuer:
        return
    for needed in ("public_url", "oidc_client_id"):
        if not getattr(found, needed):
            name = f"{PREFIX}{needed}".upper()
            raise SettingMissingError(name=name, other=f"{PREFIX}OIDC_ISSUER")


def _check_feedback(found: Settings) -> None:
    """Refuse a gateway without the secret by which it knows us, or that is no web address."""
    given = found.feedback_url
    if given and not re.fullmatch(r"https?://\S+", given.get_secret_value()):
        reason = "It should begin with http:// or https://"
        raise SettingRefusedError(name=f"{PREFIX}FEEDBACK_URL", value="***", reason=reason)
    if found.feedback_url and not found.feedback_secret:
        name = f"{PREFIX}FEEDBACK_SECRET"
        raise SettingMissingError(name=name, other=f"{PREFIX}FEEDBACK_URL")


def _check_tiles(found: Settings) -> None:
    """Refuse addresses of tiles that a page can't ask, or that no tile can be asked by."""
    for one in found.tile_url.split():
        needed = ["{z}", "{x}", "{y}"]
        sound = re.fullmatch(r"(https?://[\w.:{}-]+/|/(?!/))[^\s\"'<>\\;,]*", one)
        if not sound or not all(place in one for place in needed):
            reason = "It should be a web address with {z}, {x} and {y}"
            raise SettingRefusedError(name=f"{PREFIX}TILE_URL", value="***", reason=reason)
        if "{s}" in one and not re.fullmatch("[a-z0-9]+", found.tile_subdomains):
            raise SettingMissingError(name=f"{PREFIX}TILE_SUBDOMAINS", other=f"{PREFIX}TILE_URL")
