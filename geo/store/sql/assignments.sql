-- Which grid every unit belongs to: derived from its building's site, unless somebody overrode it.
--
-- Triggers run as the owner: nobody else writes assignments.

-- Makes the assignments of a generation right: of all units, or of the given ones. An override
-- counts where its grid exists in the generation; else geometry decides. A unit whose building
-- lies in no grid has no assignment.
CREATE OR REPLACE FUNCTION assign_units(generation_id bigint, unit_ids bigint[] DEFAULT NULL)
RETURNS void
LANGUAGE sql AS $$
    WITH placed AS MATERIALIZED (
        SELECT building.id,
               grid_at(assign_units.generation_id, ST_X(building.site), ST_Y(building.site))
                   AS grid_id
        FROM building
        JOIN generation ON generation.jurisdiction_id = building.jurisdiction_id
        WHERE generation.id = assign_units.generation_id
          AND (unit_ids IS NULL OR building.id IN (
              SELECT building_id FROM unit WHERE id = ANY (unit_ids)))
    ),
    wanted AS MATERIALIZED (
        SELECT unit.id AS unit_id, COALESCE(chosen.grid_id, placed.grid_id) AS grid_id,
               CASE WHEN chosen.grid_id IS NULL THEN 'geometry' ELSE 'override' END AS source
        FROM placed
        JOIN unit ON unit.building_id = placed.id
        LEFT JOIN unit_override ON unit_override.unit_id = unit.id
        LEFT JOIN grid_version AS chosen
          ON chosen.generation_id = assign_units.generation_id
         AND chosen.grid_id = unit_override.grid_id
        WHERE (unit_ids IS NULL OR unit.id = ANY (unit_ids))
          AND COALESCE(chosen.grid_id, placed.grid_id) IS NOT NULL
    ),
    dropped AS (
        DELETE FROM unit_assignment AS stale
        WHERE stale.generation_id = assign_units.generation_id
          AND (unit_ids IS NULL OR stale.unit_id = ANY (unit_ids))
          AND NOT EXISTS (SELECT FROM wanted WHERE wanted.unit_id = stale.unit_id)
    )
    INSERT INTO unit_assignment AS known (generation_id, unit_id, grid_id, source)
    SELECT assign_units.generation_id, unit_id, grid_id, source FROM wanted
    ON CONFLICT ON CONSTRAINT pk_unit_assignment DO UPDATE
    SET grid_id = EXCLUDED.grid_id, source = EXCLUDED.source
    WHERE (known.grid_id, known.source) IS DISTINCT FROM (EXCLUDED.grid_id, EXCLUDED.source)
$$;

-- Makes units right in every sealed generation that is in force or still to come; what was true
-- under past generations stays as it was. The lock on the jurisdiction is shared among writers,
-- and keeps out a generation being sealed, which would not see what they are about to commit.
CREATE OR REPLACE FUNCTION reassign_units(unit_ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    jurisdictions bigint[];
BEGIN
    SELECT array_agg(DISTINCT building.jurisdiction_id) INTO jurisdictions
    FROM unit JOIN building ON building.id = unit.building_id
    WHERE unit.id = ANY (unit_ids);
    PERFORM FROM jurisdiction WHERE id = ANY (jurisdictions) ORDER BY id FOR SHARE;
    PERFORM assign_units(generation.id, unit_ids)
    FROM generation
    JOIN jurisdiction ON jurisdiction.id = generation.jurisdiction_id
    WHERE jurisdiction.id = ANY (jurisdictions)
      AND generation.sealed
      AND (upper_inf(generation.validity) OR upper(generation.validity) > clock_timestamp());
END $$;

-- A building's jurisdiction is its block's; its code is unique there.
CREATE OR REPLACE FUNCTION building_jurisdiction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT street.jurisdiction_id INTO NEW.jurisdiction_id
    FROM block
    JOIN community ON community.id = block.community_id
    JOIN street ON street.id = community.street_id
    WHERE block.id = NEW.block_id;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER building_jurisdiction
BEFORE INSERT OR UPDATE OF block_id, jurisdiction_id ON building
FOR EACH ROW EXECUTE FUNCTION building_jurisdiction();

CREATE OR REPLACE FUNCTION buildings_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reassign_units(array_agg(unit.id))
    FROM unit
    JOIN written ON written.id = unit.building_id
    JOIN before ON before.id = written.id
    WHERE NOT ST_OrderingEquals(before.site, written.site)
    HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER buildings_moved AFTER UPDATE ON building
REFERENCING OLD TABLE AS before NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION buildings_moved();

CREATE OR REPLACE FUNCTION units_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reassign_units(array_agg(id)) FROM written HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER units_inserted AFTER INSERT ON unit
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION units_written();

CREATE OR REPLACE TRIGGER units_updated AFTER UPDATE ON unit
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION units_written();

-- An override puts a unit into a grid of its own jurisdiction.
CREATE OR REPLACE FUNCTION overrides_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    foreign_unit bigint;
BEGIN
    SELECT written.unit_id INTO foreign_unit
    FROM written
    JOIN unit ON unit.id = written.unit_id
    JOIN building ON building.id = unit.building_id
    JOIN grid ON grid.id = written.grid_id
    WHERE grid.jurisdiction_id <> building.jurisdiction_id
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unit % and its grid are not of one jurisdiction', foreign_unit
            USING ERRCODE = 'check_violation', CONSTRAINT = 'unit_override_jurisdiction';
    END IF;
    PERFORM reassign_units(array_agg(unit_id)) FROM written HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER overrides_inserted AFTER INSERT ON unit_override
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION overrides_written();

CREATE OR REPLACE FUNCTION overrides_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF OLD.unit_id <> NEW.unit_id THEN
        RAISE EXCEPTION 'an override stays with its unit: remove it and make another'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'unit_override_unit';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER overrides_changed BEFORE UPDATE ON unit_override
FOR EACH ROW EXECUTE FUNCTION overrides_changed();

CREATE OR REPLACE TRIGGER overrides_updated AFTER UPDATE ON unit_override
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION overrides_written();

CREATE OR REPLACE FUNCTION overrides_removed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM reassign_units(array_agg(unit_id)) FROM before HAVING count(*) > 0;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER overrides_removed AFTER DELETE ON unit_override
REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION overrides_removed();

-- The grid of every household in the generation in force, and who decided it where geometry
-- did not. Households whose building lies in no grid are listed, with no grid. It shows the rows
-- that whoever asks may read.
CREATE OR REPLACE VIEW household_assignment WITH (security_invoker = true) AS
SELECT household.id AS household_id,
       unit.id AS unit_id,
       building.id AS building_id,
       building.jurisdiction_id,
       generation.id AS generation_id,
       assignment.grid_id,
       version.code AS grid_code,
       assignment.source,
       CASE WHEN assignment.source = 'override' THEN unit_override.made_by END AS made_by,
       CASE WHEN assignment.source = 'override' THEN unit_override.reason END AS reason,
       CASE WHEN assignment.source = 'override' THEN unit_override.made_at END AS made_at
FROM household
JOIN unit ON unit.id = household.unit_id
JOIN building ON building.id = unit.building_id
JOIN generation
  ON generation.jurisdiction_id = building.jurisdiction_id
 AND generation.validity @> now()
LEFT JOIN unit_assignment AS assignment
  ON assignment.generation_id = generation.id AND assignment.unit_id = unit.id
LEFT JOIN grid_version AS version
  ON version.generation_id = assignment.generation_id AND version.grid_id = assignment.grid_id
LEFT JOIN unit_override ON unit_override.unit_id = unit.id;

-- Assignments follow from geometry and overrides: only the triggers above write them.
CREATE OR REPLACE FUNCTION unit_assignment_derived() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        RAISE EXCEPTION 'the grid of a unit is derived: it is not written by hand'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'unit_assignment_derived',
                  HINT = 'Put the unit into another grid by an override.';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER unit_assignment_derived
BEFORE INSERT OR UPDATE OR DELETE ON unit_assignment
FOR EACH STATEMENT EXECUTE FUNCTION unit_assignment_derived();

-- Residents and visits are in the unit of their household, whatever is written.
CREATE OR REPLACE FUNCTION resident_unit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.unit_id := (SELECT unit_id FROM household WHERE id = NEW.household_id);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER resident_unit BEFORE INSERT OR UPDATE OF household_id, unit_id
ON resident FOR EACH ROW EXECUTE FUNCTION resident_unit();

CREATE OR REPLACE TRIGGER visit_unit BEFORE INSERT OR UPDATE OF household_id, unit_id
ON visit FOR EACH ROW EXECUTE FUNCTION resident_unit();

CREATE OR REPLACE FUNCTION household_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE resident SET unit_id = NEW.unit_id WHERE household_id = NEW.id;
    UPDATE visit SET unit_id = NEW.unit_id WHERE household_id = NEW.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER household_moved AFTER UPDATE OF unit_id ON household
FOR EACH ROW WHEN (NEW.unit_id <> OLD.unit_id) EXECUTE FUNCTION household_moved();
