-- What maps of hot spots (热点图) are counted from: where and when issues were, and nothing that
-- tells one from another. Columns are packed, a value after the other, high byte first: a hundred
-- thousand issues are read in the time that a thousand rows take.

-- Who may count a jurisdiction's issues by place, and who those of private duties as well.
CREATE OR REPLACE FUNCTION asker_counts_places(
    jurisdiction_id bigint, private boolean DEFAULT false
) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN asker_kind() IN ('service', 'owner')
        OR asker_counts_places.jurisdiction_id
            = ANY (asker_jurisdictions('planner', 'auditor', 'administrator'))
        OR (NOT private AND asker_counts_places.jurisdiction_id
            = ANY (asker_jurisdictions('community_staff', 'street_dispatcher')));
END $$;

-- Changes whenever issues, what they are about, or homes have changed.
CREATE OR REPLACE FUNCTION places_version(jurisdiction_id bigint) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT string_agg(rows || ' ' || written, ',' ORDER BY name)
    FROM (
        SELECT 'issue' AS name, count(*) AS rows, sum(xmin::text::bigint) AS written
        FROM issue WHERE issue.jurisdiction_id = places_version.jurisdiction_id
        UNION ALL SELECT 'building', count(*), sum(xmin::text::bigint) FROM building
        UNION ALL SELECT 'duty', count(*), sum(xmin::text::bigint) FROM duty
        UNION ALL SELECT 'duty_version', count(*), sum(xmin::text::bigint) FROM duty_version
        UNION ALL SELECT 'household', count(*), sum(xmin::text::bigint) FROM household
        UNION ALL SELECT 'jurisdiction', count(*), sum(xmin::text::bigint) FROM jurisdiction
        UNION ALL SELECT 'unit_override', count(*), sum(xmin::text::bigint) FROM unit_override
    ) AS parts
$$;

-- Issues of a jurisdiction in the order in which they came, as far as the asker may count them:
-- one row. An address decides where an issue was, else its position; NaN where there is neither.
-- Months are the place's own, twelve times the year and January as 0. What is another issue or was
-- cancelled doesn't count. Where an address was put into a grid by hand, that grid, else zeros.
DROP FUNCTION IF EXISTS counted_places(bigint);
CREATE FUNCTION counted_places(jurisdiction_id bigint)
RETURNS TABLE (
    lon bytea, lat bytea, received bytea, month bytea, duty bytea, closed bytea, by_hand bytea,
    withheld bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    wanted CONSTANT bigint := counted_places.jurisdiction_id;
    reads_private CONSTANT boolean := asker_counts_places(wanted, private => true);
BEGIN
    IF NOT asker_counts_places(wanted) THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH hidden AS MATERIALIZED (
            SELECT duty.id FROM duty
            WHERE NOT reads_private AND duty.jurisdiction_id = wanted
              AND (duty.private OR EXISTS (SELECT FROM duty_version AS version
                                           WHERE version.duty_id = duty.id AND version.private))
        ),
        moved AS MATERIALIZED (
            SELECT unit.building_id, min(override.grid_id::text)::uuid AS grid_id
            FROM unit LEFT JOIN unit_override AS override ON override.unit_id = unit.id
            GROUP BY unit.building_id
            HAVING count(*) = count(override.grid_id) AND count(DISTINCT override.grid_id) = 1
        ),
        found AS MATERIALIZED (
            SELECT ST_X(COALESCE(building.site, issue.location)) AS lon,
                   ST_Y(COALESCE(building.site, issue.location)) AS lat,
                   issue.received_at, issue.received_at AT TIME ZONE home.timezone AS here,
                   issue.duty_id, issue.state = 'closed' AS closed,
                   issue.duty_id IN (SELECT id FROM hidden) AS hidden,
                   COALESCE(override.grid_id, moved.grid_id) AS by_hand
            FROM issue
            JOIN jurisdiction AS home ON home.id = issue.jurisdiction_id
            LEFT JOIN unit ON unit.id = issue.unit_id
            LEFT JOIN issue_event AS first ON first.issue_id = issue.id AND first.sequence = 1
                                          AND issue.unit_id IS NULL
            LEFT JOIN building ON building.id
                = COALESCE(unit.building_id, (first.detail ->> 'building_id')::bigint)
            LEFT JOIN unit_override AS override ON override.unit_id = issue.unit_id
            LEFT JOIN moved ON issue.unit_id IS NULL AND moved.building_id = building.id
            WHERE issue.jurisdiction_id = wanted AND issue.duplicate_of_id IS NULL
              AND issue.state NOT IN ('duplicate', 'cancelled')
        ),
        told AS (
            SELECT * FROM found WHERE hidden IS NOT TRUE ORDER BY received_at, lon, lat
        )
        SELECT string_agg(float8send(COALESCE(lon, 'NaN')), ''::bytea),
               string_agg(float8send(COALESCE(lat, 'NaN')), ''::bytea),
               string_agg(float8send(extract(epoch FROM received_at)::float8), ''::bytea),
               string_agg(int4send((extract(year FROM here) * 12 + extract(month FROM here) - 1)::int),
                          ''::bytea),
               string_agg(int8send(COALESCE(duty_id, 0)), ''::bytea),
               string_agg(int4send(closed::int), ''::bytea),
               string_agg(uuid_send(COALESCE(by_hand, '00000000-0000-0000-0000-000000000000')),
                          ''::bytea),
               (SELECT count(*) FROM found WHERE hidden)
        FROM told;
END $$;

-- Homes of a jurisdiction, a value a building with any, and another one for those of its units that
-- were put into a grid by hand: one row.
DROP FUNCTION IF EXISTS counted_homes(bigint);
CREATE FUNCTION counted_homes(jurisdiction_id bigint)
RETURNS TABLE (lon bytea, lat bytea, households bytea, by_hand bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT asker_counts_places(counted_homes.jurisdiction_id) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT string_agg(float8send(ST_X(building.site)), ''::bytea),
               string_agg(float8send(ST_Y(building.site)), ''::bytea),
               string_agg(int4send(homes.households::int), ''::bytea),
               string_agg(uuid_send(homes.by_hand), ''::bytea)
        FROM (
            SELECT unit.building_id, count(*) AS households,
                   COALESCE(override.grid_id, '00000000-0000-0000-0000-000000000000') AS by_hand
            FROM unit JOIN household ON household.unit_id = unit.id
            LEFT JOIN unit_override AS override ON override.unit_id = unit.id
            GROUP BY 1, 3 ORDER BY 1, 3
        ) AS homes
        JOIN building ON building.id = homes.building_id
        WHERE building.jurisdiction_id = counted_homes.jurisdiction_id;
END $$;
