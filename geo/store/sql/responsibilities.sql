-- Who answers for what (责任链), and handing it over (交接) when a member leaves.

-- Whether whoever asks may hand over what members of a community answer for.
CREATE OR REPLACE FUNCTION asker_hands_over(community_id bigint) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN asker_hands_over.community_id
        IN (SELECT asker_communities('{administrator}', '{community_staff}'));
END $$;

-- Who has left is given nothing.
CREATE OR REPLACE FUNCTION responsibility_given() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    gone text;
BEGIN
    SELECT member.code INTO gone
    FROM given JOIN member ON member.id = given.member_id
    WHERE member.left_at IS NOT NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'member % has left', gone
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'responsibility_left';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER responsibility_given AFTER INSERT ON responsibility
REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION responsibility_given();
CREATE OR REPLACE TRIGGER responsibility_moved AFTER UPDATE ON responsibility
REFERENCING NEW TABLE AS given FOR EACH STATEMENT EXECUTE FUNCTION responsibility_given();

-- Who answers for a place, from household to area, as far as whoever asks may know: colleagues of the
-- place all of it; others whom they may turn to by name and number, and of volunteers and neighbours
-- the family name.
CREATE OR REPLACE FUNCTION chain_of(
    grid_id uuid, building_id bigint, unit_id bigint, household_id bigint
) RETURNS TABLE (level text, member_id bigint, role text, name text, phone text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 5 AS $$
DECLARE
    colleagues CONSTANT bigint[] := ARRAY(SELECT asker_communities(
        '{auditor,administrator}', '{grid_worker,community_staff,street_dispatcher}'));
BEGIN
    RETURN QUERY
    SELECT link.level,
           CASE WHEN known.near THEN member.id END,
           member.role,
           CASE WHEN known.near OR known.office THEN member.name
                ELSE left(member.name, 1) || '*' END,
           CASE WHEN known.near OR known.office THEN member.phone END
    FROM responsibility AS link
    JOIN member ON member.id = link.member_id
    CROSS JOIN LATERAL (SELECT member.community_id = ANY (colleagues) AS near,
                               link.level IN ('area', 'building') AS office) AS known
    WHERE link.household_id = chain_of.household_id
       OR link.unit_id = chain_of.unit_id
       OR link.building_id = chain_of.building_id
       OR link.grid_id = chain_of.grid_id
    ORDER BY array_position('{household,unit,building,area}', link.level), member.role, member.code;
END $$;

-- What becomes of everything a member answers for, if it goes to `successors` (level → member):
--   moves   to the successor
--   merges  the successor answers for it already
--   ends    others answer for it as well, and nobody was named
--   alone   nobody else does: it can't be left
CREATE OR REPLACE FUNCTION hand_over_plan(member_id bigint, successors jsonb)
RETURNS TABLE (link_id bigint, level text, successor bigint, fate text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT asker_hands_over((SELECT community_id FROM member WHERE id = hand_over_plan.member_id))
    THEN
        RAISE EXCEPTION 'only staff of the community and administrators hand over'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    SELECT link.id, link.level, chosen.successor,
           CASE WHEN chosen.successor = ANY (others.ids) THEN 'merges'
                WHEN chosen.successor IS NOT NULL THEN 'moves'
                WHEN others.ids <> '{}' THEN 'ends'
                ELSE 'alone' END
    FROM responsibility AS link
    CROSS JOIN LATERAL (
        SELECT (hand_over_plan.successors ->> link.level)::bigint AS successor) AS chosen
    CROSS JOIN LATERAL (
        SELECT ARRAY(
            SELECT other.member_id FROM responsibility AS other
            WHERE other.member_id <> link.member_id
              AND (other.grid_id = link.grid_id OR other.building_id = link.building_id
                   OR other.unit_id = link.unit_id OR other.household_id = link.household_id)
        ) AS ids) AS others
    WHERE link.member_id = hand_over_plan.member_id
    ORDER BY link.id;
END $$;

-- Gives all that a member answers for to others, in one step, and notes that the member has left.
-- Returns the key of what was handed over, by which it can be handed back.
CREATE OR REPLACE FUNCTION hand_over(member_id bigint, successors jsonb, reason text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    leaving member;
    given bigint;
BEGIN
    -- All concerned are locked in one order, with whoever answers for the same: of two who leave at
    -- once, the second sees that the first has left.
    PERFORM FROM member WHERE id = hand_over.member_id
        OR id IN (SELECT value::bigint FROM jsonb_each_text(successors))
        OR id IN (SELECT other.member_id FROM responsibility AS link JOIN responsibility AS other
                    ON (other.grid_id = link.grid_id OR other.building_id = link.building_id
                        OR other.unit_id = link.unit_id OR other.household_id = link.household_id)
                  WHERE link.member_id = hand_over.member_id)
    ORDER BY id FOR UPDATE;
    SELECT * INTO leaving FROM member WHERE id = hand_over.member_id;
    IF NOT FOUND OR NOT asker_hands_over(leaving.community_id) THEN
        RAISE EXCEPTION 'only staff of the community and administrators hand over'
            USING ERRCODE = 'insufficient_privilege';
    ELSIF leaving.left_at IS NOT NULL THEN
        RAISE EXCEPTION 'member % has left already', leaving.code
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'hand_over_left';
    ELSIF btrim(COALESCE(reason, '')) = '' THEN
        RAISE EXCEPTION 'a reason is needed'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'hand_over_reason';
    END IF;
    PERFORM FROM jsonb_each_text(successors) AS chosen
    LEFT JOIN member ON member.id = chosen.value::bigint
    WHERE member.id IS NULL OR member.id = leaving.id OR member.left_at IS NOT NULL
       OR NOT asker_hands_over(member.community_id)
       OR (SELECT street.jurisdiction_id FROM community JOIN street ON street.id = community.street_id
           WHERE community.id = member.community_id)
          <> (SELECT street.jurisdiction_id FROM community JOIN street ON street.id = community.street_id
              WHERE community.id = leaving.community_id);
    IF FOUND THEN
        RAISE EXCEPTION 'a successor is a member of own communities who has not left'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'hand_over_successor';
    END IF;
    PERFORM FROM hand_over_plan(leaving.id, successors) WHERE fate = 'alone';
    IF FOUND THEN
        RAISE EXCEPTION 'something would be left without anyone'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'hand_over_alone';
    END IF;
    INSERT INTO hand_over (member_id, account_id, reason, links)
    SELECT leaving.id, asker_account(), btrim(hand_over.reason), COALESCE(jsonb_agg(
               to_jsonb(link) - 'member_id' || jsonb_build_object('to', plan.successor, 'fate', plan.fate)
               ORDER BY link.id), '[]')
    FROM hand_over_plan(leaving.id, successors) AS plan
    JOIN responsibility AS link ON link.id = plan.link_id
    RETURNING id INTO given;
    UPDATE responsibility AS link SET member_id = plan.successor
    FROM hand_over_plan(leaving.id, successors) AS plan
    WHERE link.id = plan.link_id AND plan.fate = 'moves';
    DELETE FROM responsibility WHERE member_id = leaving.id;
    UPDATE member SET left_at = clock_timestamp() WHERE id = leaving.id;
    RETURN given;
END $$;

-- Undoes the last hand-over of a member: who left is back, and answers for the same as before, as far
-- as it is still there. What was merged or had ended is given anew; what moved comes back from
-- whoever it went to, if they still have it.
CREATE OR REPLACE FUNCTION hand_back(member_id bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    back member;
    given hand_over;
BEGIN
    SELECT * INTO back FROM member WHERE id = hand_back.member_id FOR UPDATE;
    IF NOT FOUND OR NOT asker_hands_over(back.community_id) THEN
        RAISE EXCEPTION 'only staff of the community and administrators hand back'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT * INTO given FROM hand_over
    WHERE member_id = back.id AND undone_at IS NULL ORDER BY id DESC LIMIT 1;
    IF NOT FOUND OR back.left_at IS NULL THEN
        RAISE EXCEPTION 'nothing was handed over'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'hand_back_nothing';
    END IF;
    UPDATE member SET left_at = NULL WHERE id = back.id;
    DELETE FROM responsibility AS link USING jsonb_array_elements(given.links) AS told
    WHERE told ->> 'fate' = 'moves' AND link.member_id = (told ->> 'to')::bigint
      AND (link.grid_id = (told ->> 'grid_id')::uuid
           OR link.building_id = (told ->> 'building_id')::bigint
           OR link.unit_id = (told ->> 'unit_id')::bigint
           OR link.household_id = (told ->> 'household_id')::bigint);
    INSERT INTO responsibility (member_id, level, grid_id, building_id, unit_id, household_id)
    SELECT back.id, told ->> 'level', grid.id, building.id, unit.id, household.id
    FROM jsonb_array_elements(given.links) AS told
    LEFT JOIN grid ON grid.id = (told ->> 'grid_id')::uuid
    LEFT JOIN building ON building.id = (told ->> 'building_id')::bigint
    LEFT JOIN unit ON unit.id = (told ->> 'unit_id')::bigint
    LEFT JOIN household ON household.id = (told ->> 'household_id')::bigint
    WHERE num_nonnulls(grid.id, building.id, unit.id, household.id) = 1
    ON CONFLICT DO NOTHING;
    UPDATE hand_over SET undone_at = clock_timestamp() WHERE id = given.id;
END $$;
