-- Taking back a plan that has been published for a later day (撤回), and what planners are told of
-- the pairing of work units.

-- Takes a generation back that has not started: it is gone, with the grids that it alone had, and
-- what was to end when it starts goes on. For planners of its jurisdiction, and for its owner.
CREATE OR REPLACE FUNCTION withdraw_generation(generation_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    withdrawn generation;
    own_grids uuid[];
BEGIN
    SELECT * INTO withdrawn FROM generation
    WHERE id = withdraw_generation.generation_id FOR UPDATE;
    IF NOT FOUND OR NOT (asked_by_owner()
        OR withdrawn.jurisdiction_id = ANY (asker_jurisdictions('planner')))
    THEN
        RAISE EXCEPTION 'only planners of its jurisdiction withdraw a generation'
            USING ERRCODE = 'insufficient_privilege';
    ELSIF lower(withdrawn.validity) <= clock_timestamp() THEN
        RAISE EXCEPTION 'generation % has started', withdrawn.label
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'withdraw_started';
    ELSIF NOT upper_inf(withdrawn.validity) THEN
        RAISE EXCEPTION 'generation % is followed by another', withdrawn.label
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'withdraw_succeeded';
    END IF;
    PERFORM tell_departments('plan.withdrawn', withdrawn);
    own_grids := ARRAY(
        SELECT grid_id FROM grid_version AS own
        WHERE own.generation_id = withdrawn.id AND NOT EXISTS (
            SELECT FROM grid_version AS other
            WHERE other.grid_id = own.grid_id AND other.generation_id <> withdrawn.id));
    DELETE FROM generation WHERE id = withdrawn.id;
    UPDATE generation SET validity = tstzrange(lower(validity), NULL)
    WHERE jurisdiction_id = withdrawn.jurisdiction_id
      AND upper(validity) = lower(withdrawn.validity);
    DELETE FROM grid
    WHERE id = ANY (own_grids)
      AND NOT EXISTS (SELECT FROM responsibility WHERE responsibility.grid_id = grid.id)
      AND NOT EXISTS (SELECT FROM unit_override WHERE unit_override.grid_id = grid.id);
END $$;

-- Which grids the paired work units (共建单位) answer for, and by how many of their people; a row
-- without a grid for a unit that answers for none.
CREATE OR REPLACE FUNCTION planned_pairing(jurisdiction_id bigint)
RETURNS TABLE (
    code text, name text, name_en text, community_code text, grid_id uuid, members bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT asker_weighs(planned_pairing.jurisdiction_id, names => true) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT paired_unit.code, paired_unit.name, paired_unit.name_en, community.code,
               responsibility.grid_id, count(DISTINCT member.id)
        FROM paired_unit
        JOIN community ON community.id = paired_unit.community_id
        JOIN street ON street.id = community.street_id
        LEFT JOIN (member JOIN responsibility ON responsibility.member_id = member.id
                                             AND responsibility.grid_id IS NOT NULL)
          ON member.paired_unit_id = paired_unit.id
        WHERE street.jurisdiction_id = planned_pairing.jurisdiction_id
        GROUP BY paired_unit.id, community.code, responsibility.grid_id
        ORDER BY paired_unit.code COLLATE "C", responsibility.grid_id;
END $$;
