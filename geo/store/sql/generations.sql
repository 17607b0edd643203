-- Generations of grids: what may be drawn, and that a published boundary is never overwritten.
--
-- Triggers run as the owner: they see everything, and write what nobody else may.

-- How far a boundary may stick out of the area it lies in. Sources digitised apart and a line that
-- is straight in degrees but not in metres differ by centimetres; a wrong boundary by far more.
CREATE OR REPLACE FUNCTION nesting_tolerance_m() RETURNS float8
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS 'SELECT 1.0::float8';

-- Whether `inner_area` lies in `outer_area`, but for the tolerance, measured in a metric zone.
CREATE OR REPLACE FUNCTION lies_in(inner_area geometry, outer_area geometry, metric_srid integer)
RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
    SELECT ST_CoveredBy(inner_area, outer_area) OR ST_CoveredBy(
        ST_Transform(inner_area, metric_srid),
        ST_Buffer(ST_Transform(outer_area, metric_srid), nesting_tolerance_m())
    )
$$;

-- One writer at a time adds grids to a generation, so that two transactions can't each add a grid
-- that overlaps the other's. Sealing updates the row that is locked here, so a transaction with an
-- older snapshot fails to serialise instead of overlooking what it can't see.
CREATE OR REPLACE FUNCTION lock_generations(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM generation WHERE id = ANY (ids) ORDER BY id FOR NO KEY UPDATE;
END $$;

CREATE OR REPLACE FUNCTION check_open(ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    sealed_label text;
BEGIN
    SELECT label INTO sealed_label FROM generation WHERE id = ANY (ids) AND sealed LIMIT 1;
    IF FOUND AND NOT erasing() THEN
        RAISE EXCEPTION 'generation % is published: its grids never change', sealed_label
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'grid_version_sealed',
                  HINT = 'Publish a new generation.';
    END IF;
END $$;

-- Two grids of the same kind share no area; they may share edges and corners. The pattern asks for
-- interiors that meet in an area, and is answered with exact arithmetic, without a tolerance.
CREATE OR REPLACE FUNCTION check_overlaps(changed_generations bigint[], changed_grids uuid[])
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    found_pair record;
BEGIN
    SELECT one.code AS code, other.code AS other_code,
           ST_Area(ST_Intersection(one.geom, other.geom)::geography) AS area_m2
    INTO found_pair
    FROM grid_version AS one
    JOIN grid_version AS other
      ON other.generation_id = one.generation_id
     AND other.kind = one.kind
     AND other.grid_id <> one.grid_id
     AND other.geom && one.geom
    WHERE one.generation_id = ANY (changed_generations)
      AND one.grid_id = ANY (changed_grids)
      AND ST_Relate(one.geom, other.geom, '2********')
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'grids % and % overlap by % m²',
            found_pair.code, found_pair.other_code, found_pair.area_m2
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'grid_version_overlap';
    END IF;
END $$;

-- A grid belongs to a community of its generation's jurisdiction, carries the community's code at
-- the head of its own, and lies inside the community.
CREATE OR REPLACE FUNCTION check_grids_nested(changed_generations bigint[], changed_grids uuid[])
RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT version.code, community.code AS community_code,
           street.jurisdiction_id <> generation.jurisdiction_id
               OR grid.jurisdiction_id <> generation.jurisdiction_id AS foreign_grid,
           left(version.code, 12) <> community.code AS misnamed
    INTO wrong
    FROM grid_version AS version
    JOIN generation ON generation.id = version.generation_id
    JOIN jurisdiction ON jurisdiction.id = generation.jurisdiction_id
    JOIN grid ON grid.id = version.grid_id
    JOIN community ON community.id = version.community_id
    JOIN street ON street.id = community.street_id
    WHERE version.generation_id = ANY (changed_generations)
      AND version.grid_id = ANY (changed_grids)
      AND NOT (
          street.jurisdiction_id = generation.jurisdiction_id
          AND grid.jurisdiction_id = generation.jurisdiction_id
          AND left(version.code, 12) = community.code
          AND lies_in(version.geom, community.area, jurisdiction.metric_srid)
      )
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    ELSIF wrong.foreign_grid THEN
        RAISE EXCEPTION 'grid % and community % are not of the generation''s jurisdiction',
            wrong.code, wrong.community_code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_version_jurisdiction';
    ELSIF wrong.misnamed THEN
        RAISE EXCEPTION 'the code of grid % does not begin with its community''s, %',
            wrong.code, wrong.community_code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_version_community_code';
    END IF;
    RAISE EXCEPTION 'grid % does not lie inside community %', wrong.code, wrong.community_code
        USING ERRCODE = 'check_violation', CONSTRAINT = 'grid_version_in_community';
END $$;

CREATE OR REPLACE FUNCTION grid_version_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    generations bigint[];
    grids uuid[];
BEGIN
    SELECT array_agg(DISTINCT generation_id), array_agg(DISTINCT grid_id)
    INTO generations, grids FROM written;
    PERFORM lock_generations(generations);
    PERFORM check_open(generations);
    PERFORM check_grids_nested(generations, grids);
    PERFORM check_overlaps(generations, grids);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER grid_version_inserted AFTER INSERT ON grid_version
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION grid_version_written();

CREATE OR REPLACE TRIGGER grid_version_updated AFTER UPDATE ON grid_version
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION grid_version_written();

-- A sealed grid goes only with its whole jurisdiction: when the cascade gets here, the
-- jurisdiction's row is gone already.
CREATE OR REPLACE FUNCTION grid_version_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM check_open(array_agg(generation.id))
    FROM generation JOIN jurisdiction ON jurisdiction.id = generation.jurisdiction_id
    WHERE generation.id = OLD.generation_id;
    RETURN OLD;
END $$;

CREATE OR REPLACE TRIGGER grid_version_deleted BEFORE DELETE ON grid_version
FOR EACH ROW EXECUTE FUNCTION grid_version_deleted();

-- Seals a generation: derives every unit's grid, and lets nothing change from here on. Whoever
-- publishes may call it; what has not been sealed when its grids are committed, is sealed then.
-- Locking the jurisdiction makes a building that is moved at the same time wait, and then see us.
CREATE OR REPLACE FUNCTION seal_generation(generation_id bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM jurisdiction
    JOIN generation ON generation.jurisdiction_id = jurisdiction.id
    WHERE generation.id = seal_generation.generation_id
    FOR NO KEY UPDATE;
    PERFORM FROM generation
    WHERE id = seal_generation.generation_id AND NOT sealed;
    IF FOUND THEN
        PERFORM assign_units(seal_generation.generation_id);
        UPDATE generation SET sealed = true WHERE id = seal_generation.generation_id;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION seal_at_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM generation WHERE id = NEW.generation_id AND NOT sealed;
    IF FOUND THEN
        PERFORM seal_generation(NEW.generation_id);
    END IF;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS grid_version_seal ON grid_version;
CREATE CONSTRAINT TRIGGER grid_version_seal AFTER INSERT ON grid_version
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION seal_at_commit();

-- Of a sealed generation only the open end of its period may still change, once, and its note.
CREATE OR REPLACE FUNCTION generation_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF erasing() THEN
        OLD.published_by := NEW.published_by;
        OLD.label := NEW.label;
    END IF;
    IF OLD.sealed AND (
        (NEW.id, NEW.jurisdiction_id, NEW.number, NEW.label, NEW.published_at, NEW.published_by,
         NEW.sealed, lower(NEW.validity))
        IS DISTINCT FROM
        (OLD.id, OLD.jurisdiction_id, OLD.number, OLD.label, OLD.published_at, OLD.published_by,
         OLD.sealed, lower(OLD.validity))
        OR (NEW.validity <> OLD.validity AND NOT upper_inf(OLD.validity))
    ) THEN
        RAISE EXCEPTION 'generation % is published: it can only be succeeded', OLD.label
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'generation_sealed';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER generation_updated BEFORE UPDATE ON generation
FOR EACH ROW EXECUTE FUNCTION generation_updated();

CREATE OR REPLACE FUNCTION generation_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM jurisdiction WHERE id = OLD.jurisdiction_id AND OLD.sealed;
    IF FOUND THEN
        RAISE EXCEPTION 'generation % is published: it is never deleted', OLD.label
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'generation_sealed';
    END IF;
    RETURN OLD;
END $$;

CREATE OR REPLACE TRIGGER generation_deleted BEFORE DELETE ON generation
FOR EACH ROW EXECUTE FUNCTION generation_deleted();

-- Tells every process that keeps a generation in memory, when the transaction commits.
CREATE OR REPLACE FUNCTION generation_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    changed generation := COALESCE(NEW, OLD);
BEGIN
    PERFORM pg_notify('hongge_generation', json_build_object(
        'jurisdiction_id', changed.jurisdiction_id, 'generation_id', changed.id)::text);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER generation_changed AFTER INSERT OR UPDATE OR DELETE ON generation
FOR EACH ROW EXECUTE FUNCTION generation_changed();

-- Moves a jurisdiction's open issues to the grids of the generation that has come into force, once;
-- returns how many moved. An issue moves when its unit's grid changes, or when its position, having
-- put it into its present grid, lies in another one now. What somebody put elsewhere by hand stays
-- while the grid exists; what has lost its grid and has no other waits for a decision. It runs as
-- the owner: it is the same whoever sets it off.
CREATE OR REPLACE FUNCTION take_up_generation(
    jurisdiction_id bigint, ended text[], triage text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    home CONSTANT bigint := take_up_generation.jurisdiction_id;
    fresh record;
    moved_issues bigint;
BEGIN
    SELECT new.id, new.label, previous.id AS previous_id
    INTO fresh
    FROM generation AS new
    LEFT JOIN generation AS previous
      ON previous.jurisdiction_id = new.jurisdiction_id
     AND upper(previous.validity) = lower(new.validity)
    WHERE new.jurisdiction_id = home
      AND new.validity @> clock_timestamp()
      AND new.taken_up_at IS NULL;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    WITH placed AS (
        SELECT issue.id, issue.state, issue.current_grid_id AS old_grid,
               CASE
                   WHEN old_unit.grid_id = issue.current_grid_id AND new_unit.grid_id IS NOT NULL
                       THEN new_unit.grid_id
                   WHEN old_unit.grid_id IS NULL AND old_point.grid_id = issue.current_grid_id
                        AND new_point.grid_id IS NOT NULL
                       THEN new_point.grid_id
                   WHEN kept.grid_id IS NOT NULL THEN kept.grid_id
                   ELSE COALESCE(new_unit.grid_id, new_point.grid_id)
               END AS new_grid
        FROM issue
        LEFT JOIN unit_assignment AS old_unit
          ON old_unit.generation_id = fresh.previous_id AND old_unit.unit_id = issue.unit_id
        LEFT JOIN unit_assignment AS new_unit
          ON new_unit.generation_id = fresh.id AND new_unit.unit_id = issue.unit_id
        LEFT JOIN LATERAL (
            SELECT grid_at(fresh.previous_id, ST_X(issue.location), ST_Y(issue.location)) AS grid_id
            WHERE issue.location IS NOT NULL
        ) AS old_point ON true
        LEFT JOIN LATERAL (
            SELECT grid_at(fresh.id, ST_X(issue.location), ST_Y(issue.location)) AS grid_id
            WHERE issue.location IS NOT NULL
        ) AS new_point ON true
        LEFT JOIN grid_version AS kept
          ON kept.generation_id = fresh.id AND kept.grid_id = issue.current_grid_id
        WHERE issue.jurisdiction_id = home
          AND issue.current_grid_id IS NOT NULL
          AND issue.state <> ALL (ended)
    ), moving AS (
        SELECT id, state, old_grid, new_grid,
               CASE WHEN new_grid IS NULL THEN triage ELSE state END AS new_state
        FROM placed
        WHERE new_grid IS DISTINCT FROM old_grid
    ), moved AS (
        UPDATE issue SET current_grid_id = moving.new_grid, state = moving.new_state
        FROM moving WHERE issue.id = moving.id
        RETURNING issue.id
    ), noted AS (
        INSERT INTO issue_event
            (issue_id, sequence, at, action, from_state, to_state, actor, detail)
        SELECT moving.id,
               (SELECT COALESCE(max(sequence), 0) + 1 FROM issue_event
                WHERE issue_event.issue_id = moving.id),
               clock_timestamp(), 'redraw', moving.state, moving.new_state, 'system',
               jsonb_build_object('generation', fresh.label,
                   'from_grid', moving.old_grid, 'to_grid', moving.new_grid)
        FROM moving
    )
    SELECT count(*) INTO moved_issues FROM moved;
    UPDATE generation SET taken_up_at = clock_timestamp() WHERE id = fresh.id;
    RETURN moved_issues;
END $$;
