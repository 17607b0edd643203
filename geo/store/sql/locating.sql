-- The grid of a point: the twin, in SQL, of the look-up in memory.

-- The grid that owns a point in a generation, or NULL. A grid is closed: its edge belongs to it.
-- Where several hold the point, dedicated grids come before general ones, then the smallest code.
-- ST_Relate asks GEOS' robust predicates; ST_Intersects takes a shortcut that rounds at edges.
CREATE OR REPLACE FUNCTION grid_at(generation_id bigint, lon float8, lat float8) RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT version.grid_id
    FROM grid_version AS version, ST_SetSRID(ST_MakePoint(lon, lat), 4326) AS point
    WHERE version.generation_id = grid_at.generation_id
      AND version.geom && point
      AND NOT ST_Relate(version.geom, point, 'FF*FF****')
    ORDER BY version.kind = 'general', version.code COLLATE "C"
    LIMIT 1
$$;

-- How a point is routed in a generation. `edge`: owned, and within a millimetre of another grid;
-- `nearest`: in no grid, but within nearest_max_m of one; `outside`: farther, or no grid at all.
CREATE OR REPLACE FUNCTION route_at(
    generation_id bigint, lon float8, lat float8, nearest_max_m float8,
    OUT method text, OUT grid_id uuid, OUT nearest_grid_id uuid, OUT distance_m float8
)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    point geometry := ST_SetSRID(ST_MakePoint(lon, lat), 4326);
    zone integer;
BEGIN
    grid_id := grid_at(generation_id, lon, lat);
    SELECT jurisdiction.metric_srid INTO zone
    FROM jurisdiction JOIN generation ON generation.jurisdiction_id = jurisdiction.id
    WHERE generation.id = route_at.generation_id;
    IF grid_id IS NOT NULL THEN
        PERFORM FROM grid_version AS version
        WHERE version.generation_id = route_at.generation_id
          AND version.grid_id <> route_at.grid_id
          AND ST_DWithin(version.geom, point, 0.00000005)
          AND ST_Distance(ST_Transform(version.geom, zone), ST_Transform(point, zone)) <= 0.001;
        method := CASE WHEN FOUND THEN 'edge' ELSE 'inside' END;
        distance_m := 0;
        RETURN;
    END IF;
    SELECT version.grid_id, away INTO nearest_grid_id, distance_m
    FROM grid_version AS version,
         ST_Distance(ST_Transform(version.geom, zone), ST_Transform(point, zone)) AS away
    WHERE version.generation_id = route_at.generation_id
    ORDER BY away, version.kind = 'general', version.code COLLATE "C"
    LIMIT 1;
    IF distance_m <= nearest_max_m THEN
        method := 'nearest';
        grid_id := nearest_grid_id;
    ELSE
        method := 'outside';
    END IF;
END $$;
