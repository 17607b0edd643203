"""What figures (统计) are counted from: the issues of a period with their steps and clocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.orm import Session


def read_cases(
    session: Session,
    jurisdiction_id: int,
    since: datetime | None = None,
    until: datetime | None = None,
    recast_on: int | None = None,
) -> list[RowMapping]:
    """Return the issues that were received in a period, of those there are for whoever asks.

    Nobody's words are read, nor who reported.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    jurisdiction_id
        Key.
    since, until
        Received at or after, and before.
    recast_on
        Key of a generation: rows then tell the grid that their address has in it (``placed_id``),
        and the position to be located where it has none (``lon``, ``lat``).

    Returns
    -------
    list
        Rows with ``steps`` and ``clocks`` as lists of values in the order of :data:`STEP` and
        :data:`CLOCK`; the grid as reported (``then_…``) and as it is now or was last drawn
        (``now_…``).
    """
    values: dict[str, Any] = {
        "home": jurisdiction_id,
        "since": since,
        "until": until,
        "shown": recast_on,
        "closed_since": None,
    }
    return list(session.execute(text(_CASES), values).mappings())


def read_cases_of_period(
    session: Session, jurisdiction_id: int, since: datetime, until: datetime
) -> list[RowMapping]:
    """Return the issues that somebody had to act on in a period, of those there are for the asker.

    They came in before its end, and were not closed for good before it began.

    Parameters
    ----------
    session
        On behalf of whoever asks.
    jurisdiction_id
        Key.
    since, until
        The period: its first instant, and the first one after it.

    Returns
    -------
    list
        Rows as of :func:`read_cases`.
    """
    values: dict[str, Any] = {
        "home": jurisdiction_id,
        "since": None,
        "until": until,
        "closed_since": since,
        "shown": None,
    }
    return list(session.execute(text(_CASES), values).mappings())


STEP = ("at", "action", "from_state", "to_state", "recorded")
CLOCK = ("stage", "due_at", "started_at", "met_at", "paused_at")

_CASES = """
    WITH wanted AS MATERIALIZED (
        SELECT issue.* FROM issue
        WHERE jurisdiction_id = :home
          AND received_at >= COALESCE(CAST(:since AS timestamptz), '-infinity')
          AND received_at < COALESCE(CAST(:until AS timestamptz), 'infinity')
          AND (closed_at IS NULL
               OR closed_at >= COALESCE(CAST(:closed_since AS timestamptz), '-infinity'))
    ),
    stepped AS (
        SELECT issue_id,
               jsonb_agg(jsonb_build_array(at, action, from_state, to_state,
                                           COALESCE((detail ->> 'steps_recorded')::boolean, true))
                         ORDER BY sequence) AS steps,
               max(CASE WHEN sequence = 1 THEN detail ->> 'building_id' END)::bigint AS building_id
        FROM issue_event
        WHERE issue_id IN (SELECT id FROM wanted)
        GROUP BY issue_id
    ),
    timed AS (
        SELECT issue_id,
               jsonb_agg(jsonb_build_array(stage, due_at, started_at, met_at, paused_at)) AS clocks
        FROM issue_deadline
        WHERE issue_id IN (SELECT id FROM wanted)
        GROUP BY issue_id
    ),
    latest AS (
        SELECT DISTINCT ON (version.grid_id) version.grid_id, version.code, version.name,
               version.name_en, version.community_id, generation.validity @> now() AS in_force
        FROM grid_version AS version
        JOIN generation ON generation.id = version.generation_id
        WHERE generation.jurisdiction_id = :home AND lower(generation.validity) <= now()
        ORDER BY version.grid_id, generation.number DESC
    )
    SELECT wanted.state, wanted.received_at, wanted.transfers,
           to_char(wanted.received_at AT TIME ZONE jurisdiction.timezone, 'YYYY-MM') AS month,
           COALESCE(stepped.steps, '[]'::jsonb) AS steps,
           COALESCE(timed.clocks, '[]'::jsonb) AS clocks,
           duty.code AS duty, duty.name AS duty_name, duty.name_en AS duty_name_en,
           COALESCE(duty.private OR duty_version.private, duty.private, false) AS private,
           department.code AS department, department.name AS department_name,
           department.name_en AS department_name_en,
           reported.label AS generation, past.code AS then_code, past.name AS then_name,
           past.name_en AS then_name_en, past_home.code AS then_community,
           past_home.name AS then_community_name, past_home.name_en AS then_community_name_en,
           latest.code AS now_code, latest.name AS now_name, latest.name_en AS now_name_en,
           latest.in_force, latest_home.code AS now_community,
           latest_home.name AS now_community_name, latest_home.name_en AS now_community_name_en,
           COALESCE(own.grid_id, whole.grid_id) AS placed_id,
           ST_X(COALESCE(building.site, wanted.location)) AS lon,
           ST_Y(COALESCE(building.site, wanted.location)) AS lat
    FROM wanted
    JOIN jurisdiction ON jurisdiction.id = wanted.jurisdiction_id
    LEFT JOIN stepped ON stepped.issue_id = wanted.id
    LEFT JOIN timed ON timed.issue_id = wanted.id
    LEFT JOIN duty ON duty.id = wanted.duty_id
    LEFT JOIN duty_version ON duty_version.duty_id = wanted.duty_id
                          AND duty_version.number = wanted.duty_version
    LEFT JOIN department ON department.id = wanted.department_id
    LEFT JOIN generation AS reported ON reported.id = wanted.reported_generation_id
    LEFT JOIN grid_version AS past ON past.generation_id = wanted.reported_generation_id
                                  AND past.grid_id = wanted.reported_grid_id
    LEFT JOIN community AS past_home ON past_home.id = past.community_id
    LEFT JOIN latest ON latest.grid_id = wanted.current_grid_id
    LEFT JOIN community AS latest_home ON latest_home.id = latest.community_id
    LEFT JOIN unit ON unit.id = wanted.unit_id
    LEFT JOIN building ON building.id = COALESCE(unit.building_id, stepped.building_id)
    LEFT JOIN unit_assignment AS own ON own.generation_id = CAST(:shown AS bigint)
                                    AND own.unit_id = wanted.unit_id
    LEFT JOIN LATERAL (
        SELECT CASE WHEN count(DISTINCT assigned.grid_id) = 1
                    THEN min(assigned.grid_id::text)::uuid END AS grid_id
        FROM unit AS one
        JOIN unit_assignment AS assigned ON assigned.unit_id = one.id
                                        AND assigned.generation_id = CAST(:shown AS bigint)
        WHERE CAST(:shown AS bigint) IS NOT NULL AND wanted.unit_id IS NULL
          AND one.building_id = building.id
    ) AS whole ON true
    ORDER BY wanted.received_at, wanted.id
"""
