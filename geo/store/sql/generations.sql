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

-- Of a sealed generation only the open end of its period may still change, and its note. An end
-- that is not reached is open again when what was to follow has been withdrawn.
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
        OR (NEW.validity <> OLD.validity AND NOT upper_inf(OLD.validity) AND NOT (
            upper_inf(NEW.validity) AND upper(OLD.validity) > clock_timestamp()
            AND NOT EXISTS (
                SELECT FROM generation
                WHERE generation.jurisdiction_id = OLD.jurisdiction_id
                  AND lower(generation.validity) >= upper(OLD.validity))
        ))
    ) THEN
        RAISE EXCEPTION 'generation % is published: it can only be succeeded', OLD.label
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'generation_sealed';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER generation_updated BEFORE UPDATE ON generation
FOR EACH ROW EXECUTE FUNCTION generation_updated();

-- What has been in force is never deleted, nor what another generation follows.
CREATE OR REPLACE FUNCTION generation_deleted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM FROM jurisdiction
    WHERE id = OLD.jurisdiction_id AND OLD.sealed
      AND NOT (lower(OLD.validity) > clock_timestamp() AND upper_inf(OLD.validity));
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

-- The ground that is a grid's own: general grids have none of what dedicated ones lie over.
CREATE OR REPLACE FUNCTION own_ground(grid_id uuid, generation_id bigint) RETURNS geometry
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(ST_Difference(own.geom, (
        SELECT ST_Union(over.geom) FROM grid_version AS over
        WHERE own.kind = 'general' AND over.kind = 'dedicated'
          AND over.generation_id = own.generation_id AND over.geom && own.geom)), own.geom)
    FROM grid_version AS own
    WHERE own.generation_id = own_ground.generation_id AND own.grid_id = own_ground.grid_id
$$;

-- Whether a grid has other ground than in a generation before; null where it was not in both. A
-- border that got vertices where blocks meet it is the same one: what is on average narrower than
-- 1e-8 degrees, about a millimetre, is rounding.
CREATE OR REPLACE FUNCTION grid_redrawn(grid_id uuid, generation_id bigint, previous_id bigint)
RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT (
        SELECT COALESCE(bool_or(2 * ST_Area(part.geom) > 1e-8 * ST_Perimeter(part.geom)), false)
        FROM ST_Dump(ST_SymDifference(pair.now, pair.before)) AS part)
    FROM (SELECT own_ground(grid_redrawn.grid_id, grid_redrawn.generation_id) AS now,
                 own_ground(grid_redrawn.grid_id, grid_redrawn.previous_id) AS before) AS pair
    WHERE pair.now IS NOT NULL AND pair.before IS NOT NULL
$$;

-- Leaves a message to every department of what becomes of a generation: `plan.scheduled`,
-- `plan.withdrawn`, or `plan.published` with the open cases that it moved. Cases that no department
-- has yet go into a message without one.
CREATE OR REPLACE FUNCTION tell_departments(topic text, of generation, moved jsonb DEFAULT '[]')
RETURNS void
LANGUAGE sql AS $$
    WITH previous AS (
        SELECT version.* FROM generation
        JOIN grid_version AS version ON version.generation_id = generation.id
        WHERE generation.jurisdiction_id = of.jurisdiction_id
          AND upper(generation.validity) = lower(of.validity)
    ), next AS (
        SELECT * FROM grid_version WHERE generation_id = of.id
    ), grids AS (
        SELECT jsonb_build_object(
            'added', COALESCE(jsonb_agg(next.code ORDER BY next.code)
                FILTER (WHERE previous.grid_id IS NULL), '[]'),
            'retired', COALESCE(jsonb_agg(previous.code ORDER BY previous.code)
                FILTER (WHERE next.grid_id IS NULL), '[]'),
            'redrawn', COALESCE(jsonb_agg(next.code ORDER BY next.code)
                FILTER (WHERE grid_redrawn(next.grid_id, next.generation_id,
                                      previous.generation_id)), '[]')) AS changes
        FROM next FULL JOIN previous ON previous.grid_id = next.grid_id
    ), told AS (
        SELECT department.code FROM department
        WHERE department.jurisdiction_id = of.jurisdiction_id
        UNION ALL
        SELECT NULL WHERE moved @> '[{"department": null}]'
    )
    INSERT INTO outbox (topic, payload)
    SELECT tell_departments.topic, jsonb_build_object(
        'jurisdiction', jurisdiction.slug, 'generation', of.label, 'number', of.number,
        'starts', lower(of.validity), 'department', told.code, 'grids', grids.changes,
        'cases', COALESCE((
            SELECT jsonb_agg(one - 'department' ORDER BY one ->> 'number')
            FROM jsonb_array_elements(moved) AS one
            WHERE one ->> 'department' IS NOT DISTINCT FROM told.code), '[]'))
    FROM told, grids, jurisdiction
    WHERE jurisdiction.id = of.jurisdiction_id
    ORDER BY told.code
$$;

CREATE OR REPLACE FUNCTION generation_scheduled() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.sealed AND NOT OLD.sealed AND lower(NEW.validity) > clock_timestamp() THEN
        PERFORM tell_departments('plan.scheduled', NEW);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER generation_scheduled AFTER UPDATE OF sealed ON generation
FOR EACH ROW EXECUTE FUNCTION generation_scheduled();

-- Lets a generation that has come into force take effect, once: names the party branches that it
-- brings, moves the open issues to its grids, and tells the departments; returns how many moved. An
-- issue moves when its unit's grid changes, or when its position, having put it into its present
-- grid, lies in another one now. What somebody put elsewhere by hand stays while the grid exists;
-- what has lost its grid and has no other waits for a decision. Generations that passed while
-- nobody was there to take them up are taken up one after the other. It runs as the owner: it is
-- the same whoever sets it off.
CREATE OR REPLACE FUNCTION take_up_generation(
    jurisdiction_id bigint, ended text[], triage text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    fresh_id bigint;
    moved_issues bigint := 0;
BEGIN
    FOR fresh_id IN
        SELECT id FROM generation AS fresh
        WHERE fresh.jurisdiction_id = take_up_generation.jurisdiction_id
          AND lower(fresh.validity) <= clock_timestamp()
          AND fresh.taken_up_at IS NULL
          AND (fresh.validity @> clock_timestamp() OR EXISTS (
              SELECT FROM generation AS earlier
              WHERE earlier.jurisdiction_id = fresh.jurisdiction_id
                AND earlier.number < fresh.number AND earlier.taken_up_at IS NOT NULL))
        ORDER BY fresh.number
    LOOP
        PERFORM name_branches(fresh_id);
        moved_issues := moved_issues + move_issues(fresh_id, ended, triage);
        UPDATE generation SET taken_up_at = clock_timestamp() WHERE id = fresh_id;
    END LOOP;
    RETURN moved_issues;
END $$;

CREATE OR REPLACE FUNCTION name_branches(generation_id bigint) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO party_branch AS known (grid_id, name, name_en, phone)
    SELECT grid_id, branch_name, COALESCE(branch_name_en, ''), branch_phone
    FROM grid_version
    WHERE generation_id = name_branches.generation_id AND branch_name IS NOT NULL
    ON CONFLICT (grid_id) DO UPDATE
    SET name = EXCLUDED.name, name_en = EXCLUDED.name_en, phone = EXCLUDED.phone
    WHERE (known.name, known.name_en, known.phone)
        IS DISTINCT FROM (EXCLUDED.name, EXCLUDED.name_en, EXCLUDED.phone)
$$;

CREATE OR REPLACE FUNCTION move_issues(generation_id bigint, ended text[], triage text)
RETURNS bigint
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    fresh generation;
    previous_id bigint;
    told jsonb;
BEGIN
    SELECT * INTO fresh FROM generation WHERE id = move_issues.generation_id;
    previous_id := (SELECT id FROM generation
                    WHERE jurisdiction_id = fresh.jurisdiction_id
                      AND upper(validity) = lower(fresh.validity));
    WITH placed AS (
        SELECT issue.id, issue.number, issue.department_id, issue.state,
               issue.current_grid_id AS old_grid,
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
          ON old_unit.generation_id = previous_id AND old_unit.unit_id = issue.unit_id
        LEFT JOIN unit_assignment AS new_unit
          ON new_unit.generation_id = fresh.id AND new_unit.unit_id = issue.unit_id
        LEFT JOIN LATERAL (
            SELECT grid_at(previous_id, ST_X(issue.location), ST_Y(issue.location)) AS grid_id
            WHERE issue.location IS NOT NULL
        ) AS old_point ON true
        LEFT JOIN LATERAL (
            SELECT grid_at(fresh.id, ST_X(issue.location), ST_Y(issue.location)) AS grid_id
            WHERE issue.location IS NOT NULL
        ) AS new_point ON true
        LEFT JOIN grid_version AS kept
          ON kept.generation_id = fresh.id AND kept.grid_id = issue.current_grid_id
        WHERE issue.jurisdiction_id = fresh.jurisdiction_id
          AND issue.current_grid_id IS NOT NULL
          AND issue.state <> ALL (ended)
    ), moving AS (
        SELECT id, number, department_id, state, old_grid, new_grid,
               CASE WHEN new_grid IS NULL THEN triage ELSE state END AS new_state
        FROM placed
        WHERE new_grid IS DISTINCT FROM old_grid
    ), moved AS (
        UPDATE issue SET current_grid_id = moving.new_grid, state = moving.new_state
        FROM moving WHERE issue.id = moving.id
        RETURNING issue.id
    ), noted AS (
        INSERT INTO issue_event
            (issue_id, sequence, at, action, from_state, to_state, from_grid_id, actor, detail)
        SELECT moving.id,
               (SELECT COALESCE(max(sequence), 0) + 1 FROM issue_event
                WHERE issue_event.issue_id = moving.id),
               clock_timestamp(), 'redraw', moving.state, moving.new_state, moving.old_grid,
               'system',
               jsonb_build_object('generation', fresh.label,
                   'from_grid', moving.old_grid, 'to_grid', moving.new_grid)
        FROM moving
    )
    SELECT COALESCE(jsonb_agg(jsonb_build_object(
               'id', moving.id, 'number', moving.number, 'department', department.code,
               'from', old_version.code, 'to', new_version.code, 'state', moving.new_state)), '[]')
    INTO told
    FROM moving
    LEFT JOIN department ON department.id = moving.department_id
    LEFT JOIN grid_version AS old_version
      ON old_version.generation_id = previous_id AND old_version.grid_id = moving.old_grid
    LEFT JOIN grid_version AS new_version
      ON new_version.generation_id = fresh.id AND new_version.grid_id = moving.new_grid;
    PERFORM tell_departments('plan.published', fresh, told);
    RETURN jsonb_array_length(told);
END $$;
