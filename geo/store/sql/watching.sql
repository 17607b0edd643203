-- What those who watch their territory's issues are told when one leaves it.

-- Of some events, those that happened while the issue was in the asker's territory or with their
-- department, as the policy of issues has it. Whoever reads no longer what they had then is told
-- that it is gone. An issue without a grid is the dispatcher's of the street that is nearest.
CREATE OR REPLACE FUNCTION asker_had(events bigint[]) RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT event.id
    FROM issue_event AS event JOIN issue ON issue.id = event.issue_id
    WHERE event.id = ANY (events)
      AND event.sequence > 1
      AND (event.from_grid_id = ANY (ARRAY(SELECT asker_case_grids()))
           OR event.from_department_id = ANY (ARRAY(SELECT asker_departments()))
           OR (event.from_grid_id IS NULL
               AND issue.nearest_grid_id = ANY (ARRAY(SELECT asker_grids('street_dispatcher'))))
           OR (event.from_grid_id IS NULL AND issue.nearest_grid_id IS NULL
               AND issue.jurisdiction_id
                   = ANY ((SELECT asker_jurisdictions('street_dispatcher'))::bigint[])));
END $$;

-- How many events an issue has had. Whoever has its row may know; finding out through the policy of
-- events would look up every issue of the territory.
CREATE OR REPLACE FUNCTION issue_version(issue_id uuid) RETURNS integer
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN (SELECT COALESCE(max(sequence), 0) FROM issue_event AS event
            WHERE event.issue_id = issue_version.issue_id);
END $$;
