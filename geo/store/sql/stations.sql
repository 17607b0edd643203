-- Stations: when somebody is on duty, for everybody to know, and telling the processes of changes.

-- When somebody is at a station by the published rota, from a month ago on: not who, nor how many.
CREATE OR REPLACE FUNCTION staffed_spans()
RETURNS TABLE (station_id bigint, starts_at timestamptz, ends_at timestamptz)
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT merged.station_id, lower(merged.span), upper(merged.span)
    FROM (
        SELECT shift.station_id, unnest(range_agg(tstzrange(shift.starts_at, shift.ends_at))) AS span
        FROM shift
        WHERE shift.published_at IS NOT NULL
          AND shift.ends_at > statement_timestamp() - interval '31 days'
        GROUP BY shift.station_id
    ) AS merged
    ORDER BY 1, 2
$$;

-- Texts that are others whenever what a process keeps of a jurisdiction's stations has changed: its
-- walkable roads, where its stations are, and everything else.
CREATE OR REPLACE FUNCTION stations_stamp()
RETURNS TABLE (jurisdiction_id bigint, roads text, sites text, rest text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH written AS (
        SELECT 'rule' AS name, count(*) AS rows, sum(xmin::text::bigint) AS sum FROM opening_rule
        UNION ALL SELECT 'closure', count(*), sum(xmin::text::bigint) FROM closure
        UNION ALL SELECT 'shift', count(*), sum(xmin::text::bigint) FROM shift
        UNION ALL SELECT 'service', count(*), sum(xmin::text::bigint) FROM station_service
        UNION ALL SELECT 'hours', count(*), sum(xmin::text::bigint) FROM work_hours
        UNION ALL SELECT 'day', count(*), sum(xmin::text::bigint) FROM calendar_day
        UNION ALL SELECT 'community', count(*), sum(xmin::text::bigint) FROM community
    ), rest AS (
        SELECT string_agg(name || ' ' || rows || ' ' || COALESCE(sum, 0), ',' ORDER BY name) AS text
        FROM written
    )
    SELECT home.id,
           (SELECT concat_ws(' ', count(*), sum(road.xmin::text::bigint))
            FROM road WHERE road.jurisdiction_id = home.id AND road.walkable),
           (SELECT concat_ws(' ', count(*), sum(station.xmin::text::bigint))
            FROM station
            JOIN community ON community.id = station.community_id
            JOIN street ON street.id = community.street_id
            WHERE street.jurisdiction_id = home.id),
           concat_ws(' ', home.xmin::text, rest.text)
    FROM jurisdiction AS home CROSS JOIN rest
$$;

CREATE OR REPLACE FUNCTION stations_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('hongge_stations', '');
    RETURN NULL;
END $$;

DO $$
DECLARE
    watched text;
BEGIN
    FOREACH watched IN ARRAY '{jurisdiction,community,road,station,opening_rule,closure,shift,
        station_service,work_hours,calendar_day}'::text[]
    LOOP
        EXECUTE format(
            'CREATE OR REPLACE TRIGGER stations_changed'
            ' AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %I'
            ' FOR EACH STATEMENT EXECUTE FUNCTION stations_changed()', watched);
    END LOOP;
END $$;
