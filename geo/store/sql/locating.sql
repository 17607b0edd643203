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
