"""Releases to the public, and somebody who compares all that can be had, before and after."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import shapely
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import IntegrityError

from geo.core.suppression import WITHHELD, Told, order_of, suppress
from geo.errors import NotFoundError
from geo.flows.release_grounds import ReleaseGrounds
from geo.flows.releases import Releasing, public_hotspots, release_due
from geo.settings import settings
from geo.store import models
from geo.store.engine import owner_session, session
from geo.store.loading import delete_jurisdiction
from geo.store.releases import Placed, alone_in_releasing, places_to_release
from tests import town
from tests.attacker import COMPLEMENT, kinds, narrowed
from tests.reported import PLACES, QUARTERS, configure, grid_at, issue, issues, people

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from geo.core.releases import Release

LEAST = 8


@dataclass(frozen=True)
class Story:
    """What the public could read, and what was so.

    ``truth`` are issues by period and grid that count; ``living`` are residents by grid.
    """

    url: str
    released: dict[str, tuple[str, ...]]
    first: dict[str, Release]
    second: dict[str, Release]
    again: dict[str, tuple[str, ...]]
    truth: dict[str, Counter[str]]
    later: dict[str, Counter[str]]
    living: Counter[str]


@pytest.fixture(scope="module")
def story(database_url: str) -> Iterator[Story]:
    """Release, change everything that can be changed, release again."""
    with pytest.MonkeyPatch.context() as patch:
        with owner_session(database_url) as opened:
            town.build(opened)
        with owner_session(database_url) as opened:
            living = people(opened)
            truth = issues(opened)
        configure(patch, geography="grid", period="never")
        assert release_due(database_url) == {}
        configure(patch, geography="grid", period="quarter")
        released = release_due(database_url)
        first = answers(database_url)
        later = {quarter: Counter(found) for quarter, found in truth.items()}
        with owner_session(database_url) as opened:
            change(opened, later)
        configure(patch, geography="hexagon", period="year", least=3)
        again = release_due(database_url)
        with owner_session(database_url) as opened:
            delete_jurisdiction(opened, town.SLUG)
        with owner_session(database_url) as opened:
            town.build(opened)
        with owner_session(database_url) as opened:
            people(opened)
            issues(opened, extra=1)
        again |= release_due(database_url)
        yield Story(
            database_url, released, first, answers(database_url), again, truth, later, living
        )
    settings.cache_clear()


def answers(url: str) -> dict[str, Release]:
    """Return every table that the public can have, by all that it may ask for."""
    with session(url) as opened:
        found = public_hotspots(opened, town.SLUG).releases
        by_key = {
            one.period.key: public_hotspots(opened, town.SLUG, one.period.key).chosen
            for one in found
        }
    return {key: one for key, one in by_key.items() if one is not None}


def change(opened: Session, truth: dict[str, Counter[str]]) -> None:
    """Let issues come late, be joined, become private and vanish; let people move away."""
    home = opened.scalars(select(models.Jurisdiction.id)).one()
    duties = dict(opened.execute(select(models.Duty.code, models.Duty.id)).all())
    for quarter in QUARTERS[:2]:
        at = opened.scalars(
            select(models.Issue.received_at).where(models.Issue.number.startswith(quarter)).limit(1)
        ).one()
        for place in PLACES:
            opened.add(issue(home, f"late-{quarter}-{place}", duties[town.DUTY], at, place))
            truth[quarter][grid_at(*place)] += 1
    one = models.Issue
    place = PLACES[4]
    for quarter, changes in (
        ("2024-Q3", {"state": "duplicate"}),
        ("2024-Q4", {"duty_id": duties[town.PRIVATE_DUTY]}),
    ):
        number = opened.scalars(
            select(one.number).where(one.number.startswith(f"{quarter}-{place}-")).limit(1)
        ).one()
        opened.execute(update(one).where(one.number == number).values(changes))
    opened.execute(delete(one).where(one.number.startswith("2025-Q1")))
    opened.execute(text("UPDATE household SET people = 0"))


def told(release: Release) -> Told:
    return Told(release.counts, release.total)


def test_every_period_that_is_over_is_released(story: Story) -> None:
    assert story.released[town.SLUG][: len(QUARTERS)] == QUARTERS
    assert tuple(story.first) == story.released[town.SLUG]


def test_what_is_told_is_what_was_received_in_the_places_own_time(story: Story) -> None:
    for quarter in QUARTERS:
        release = story.first[quarter]
        assert release.generation == town.FIRST_LABEL
        for key, count in zip(release.keys, release.counts.tolist(), strict=True):
            assert count in {WITHHELD, story.truth[quarter][key]}
        assert release.total in {None, story.truth[quarter].total()}
    assert any(release.told.any() for release in story.first.values())
    assert any(story.first[quarter].total is not None for quarter in QUARTERS)


def test_the_public_can_not_narrow_what_is_withheld(story: Story) -> None:
    seen = Counter()
    for quarter in QUARTERS:
        release = story.first[quarter]
        counts = [story.truth[quarter][key] for key in release.keys]
        why = kinds(told(release), counts, [story.living[key] for key in release.keys], LEAST)
        seen.update(why.values())
        for row, (low, high) in narrowed(told(release), why, LEAST).items():
            if why[row] != COMPLEMENT:
                assert (low, high >= LEAST - 1) == (0, True), (quarter, release.keys[row])
    assert seen.keys() >= {0, COMPLEMENT}


def test_asking_again_after_everything_has_changed_tells_nothing_new(story: Story) -> None:
    assert story.again == {}
    assert story.second.keys() == story.first.keys()
    for key, before in story.first.items():
        after = story.second[key]
        assert (before.counts == after.counts).all()
        assert (before.total, before.keys, before.least) == (after.total, after.keys, after.least)
        assert shapely.equals_exact(before.shapes, after.shapes).all()


def test_counting_anew_would_have_given_somebody_away(story: Story) -> None:
    """Without releases that last, the same attack finds a single report."""
    found = []
    for quarter in QUARTERS:
        keys = story.first[quarter].keys
        living = [story.living[key] for key in keys]
        before, after = (
            suppress([truth[quarter][key] for key in keys], living, LEAST, order_of(keys, quarter))
            for truth in (story.truth, story.later)
        )
        both = (before.counts != WITHHELD) & (after.counts != WITHHELD)
        found += np.abs(after.counts - before.counts)[both].tolist()
    assert set(found) & set(range(1, LEAST))


def test_an_overlapping_period_is_never_released(story: Story) -> None:
    days = [story.second[key].period for key in story.second]
    assert all(one.ends_on <= two.starts_on for one, two in pairwise(days))
    with owner_session(story.url) as opened, pytest.raises(IntegrityError, match="days"):
        opened.execute(
            text(
                "INSERT INTO public_release (jurisdiction, days, geography, least)"
                " VALUES (:slug, '[2024-02-15,2024-05-15)', 'grid', 8)"
            ),
            {"slug": town.SLUG},
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE public_cell SET count = 9",
        "DELETE FROM public_cell",
        "DELETE FROM public_release",
        "TRUNCATE public_release CASCADE",
    ],
)
def test_what_was_released_stays(story: Story, statement: str) -> None:
    with owner_session(story.url) as opened, pytest.raises(IntegrityError, match="never changes"):
        opened.execute(text(statement))


def test_no_small_count_stands_in_the_store(story: Story) -> None:
    with owner_session(story.url) as opened:
        least = opened.scalar(text("SELECT min(count) FROM public_cell"))
    assert least >= LEAST


def test_a_period_or_place_that_there_is_not(story: Story) -> None:
    with session(story.url) as opened:
        for slug, period in ((town.SLUG, "2024-Q2..2024-Q3"), (town.SLUG, "2024"), ("x", None)):
            with pytest.raises(NotFoundError):
                public_hotspots(opened, slug, period)


def test_cells_of_a_lattice_hold_what_lies_in_them(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(monkeypatch, geography="hexagon", period="year")
    with owner_session(story.url) as opened:
        place = places_to_release(opened)[0]
        ground = ReleaseGrounds(opened, place).until(town.SECOND)
    settings.cache_clear()
    assert ground is not None
    lon, lat = np.array([town.spot(*one) for one in [(0.5, 0.5), (3.2, 1.1), (90, 90)]]).T
    found = Placed((None,) * 4, np.append(lon, np.nan), np.append(lat, np.nan), np.ones(4, int))
    first, second, *nowhere = ground.rows(found).tolist()
    assert shapely.contains_xy(ground.shapes[[first, second]], lon[:2], lat[:2]).all()
    assert nowhere == [-1, -1]
    assert ground.names[first].name.startswith(town.A)
    assert len(set(ground.names)) == len(ground.keys)


def test_one_of_many_processes_releases(database_url: str, story: Story) -> None:
    with owner_session(database_url) as opened:
        assert alone_in_releasing(opened)
        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(release_due, [database_url] * 3)) == [{}, {}, {}]
    Releasing(database_url).turn()
    assert answers(database_url).keys() == story.second.keys()


@pytest.mark.parametrize(("number", "shown"), [("(0, 1)-1", True), ("(0, 0)-private-1", False)])
def test_an_issue_of_a_version_that_was_private_is_shown_to_nobody(
    story: Story, number: str, *, shown: bool
) -> None:
    with owner_session(story.url) as opened:
        found = opened.scalars(
            text(
                "SELECT shown_to_all(jsonb_populate_record(issue, '{\"public\": true}'))"
                " FROM issue WHERE number = :number"
            ),
            {"number": f"2024-Q1-{number}"},
        )
        assert found.one() == shown


def test_every_release_is_on_the_trail(story: Story) -> None:
    with owner_session(story.url) as opened:
        noted = opened.execute(
            text(
                "SELECT actor, jurisdiction_id IS NOT NULL FROM audit_entry"
                " WHERE table_name = 'public_release' AND action = 'insert'"
            )
        ).all()
    assert set(noted) == {("releases", True)}
