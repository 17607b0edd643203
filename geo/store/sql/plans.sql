-- Drafts of plans (方案草稿): a log that is only added to, one after the other, and its review.
--
-- A draft is read by the planners of its jurisdiction, by its auditors and administrators, and by
-- whoever holds the secret of a link to it.

CREATE OR REPLACE FUNCTION asker_drafts() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT id FROM plan_draft
        WHERE jurisdiction_id
            = ANY (asker_jurisdictions('planner', 'auditor', 'administrator'))
        UNION ALL
        SELECT draft_id FROM plan_share
        WHERE token_sha256 = asker_follow()
          AND revoked_at IS NULL AND expires_at > clock_timestamp();
END $$;

-- The drafts that the asker may work on.
CREATE OR REPLACE FUNCTION asker_planned_drafts() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT id FROM plan_draft
        WHERE jurisdiction_id = ANY (asker_jurisdictions('planner'));
END $$;

-- Tells every process of something new about a draft, when the transaction commits.
CREATE OR REPLACE FUNCTION tell_of_plan(draft_id uuid, what text, key text) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_notify('hongge_plan', json_build_object(
        'draft_id', draft_id, 'what', what, 'key', key)::text)
$$;

-- An entry is the next one of its draft, of the account that is asking, while the draft is edited.
-- Editors wait here for one another: whoever wrote has read the log up to here, or is refused.
CREATE OR REPLACE FUNCTION plan_entry_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    draft plan_draft;
BEGIN
    SELECT * INTO draft FROM plan_draft WHERE id = NEW.draft_id FOR UPDATE;
    IF draft.state NOT IN ('open', 'returned') THEN
        RAISE EXCEPTION 'draft % is %: it is not edited', draft.id, draft.state
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_entry_state';
    END IF;
    NEW.seq := draft.version + 1;
    NEW.account_id := asker_account();
    NEW.at := clock_timestamp();
    UPDATE plan_draft SET version = NEW.seq, changed_at = NEW.at WHERE id = draft.id;
    PERFORM tell_of_plan(NEW.draft_id, 'entry', NEW.seq::text);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER plan_entry_added BEFORE INSERT ON plan_entry
FOR EACH ROW EXECUTE FUNCTION plan_entry_added();

-- What is written under somebody's name is written by them.
CREATE OR REPLACE FUNCTION plan_note_added() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.account_id := asker_account();
    NEW.at := clock_timestamp();
    PERFORM tell_of_plan(NEW.draft_id, replace(TG_TABLE_NAME, 'plan_', ''), NEW.id::text);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER plan_note_added BEFORE INSERT ON plan_mark
FOR EACH ROW EXECUTE FUNCTION plan_note_added();
CREATE OR REPLACE TRIGGER plan_note_added BEFORE INSERT ON plan_comment
FOR EACH ROW EXECUTE FUNCTION plan_note_added();

CREATE OR REPLACE FUNCTION plan_comment_resolved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF asker_account() IS NOT NULL THEN
        NEW.resolved_by := CASE WHEN NEW.resolved_at IS NULL THEN NULL ELSE asker_account() END;
    END IF;
    PERFORM tell_of_plan(NEW.draft_id, 'comment', NEW.id::text);
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER plan_comment_resolved BEFORE UPDATE OF resolved_at ON plan_comment
FOR EACH ROW EXECUTE FUNCTION plan_comment_resolved();

CREATE OR REPLACE FUNCTION plan_made() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    NEW.created_by := asker_account();
    NEW.created_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER plan_made BEFORE INSERT ON plan_draft
FOR EACH ROW EXECUTE FUNCTION plan_made();
CREATE OR REPLACE TRIGGER plan_made BEFORE INSERT ON plan_share
FOR EACH ROW EXECUTE FUNCTION plan_made();
CREATE OR REPLACE TRIGGER plan_made BEFORE INSERT ON plan_job
FOR EACH ROW EXECUTE FUNCTION plan_made();

CREATE OR REPLACE FUNCTION plan_job_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM tell_of_plan(NEW.draft_id, 'job', NEW.id::text);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER plan_job_changed AFTER INSERT OR UPDATE OF state, progress
ON plan_job FOR EACH ROW EXECUTE FUNCTION plan_job_changed();

-- Whoever has had a hand in a draft: made it or written in its log, or in that of a draft that it
-- was branched from, up to there.
CREATE OR REPLACE FUNCTION plan_authors(draft_id uuid) RETURNS SETOF bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH RECURSIVE line AS (
        SELECT id, version, created_by, parent_id, parent_version
        FROM plan_draft WHERE id = plan_authors.draft_id
        UNION
        SELECT parent.id, line.parent_version, parent.created_by,
               parent.parent_id, parent.parent_version
        FROM line JOIN plan_draft AS parent ON parent.id = line.parent_id
    )
    SELECT created_by FROM line WHERE created_by IS NOT NULL
    UNION
    SELECT account_id FROM plan_entry
    JOIN line ON line.id = plan_entry.draft_id AND plan_entry.seq <= line.version
    WHERE account_id IS NOT NULL
$$;

-- The names of those who have a hand in drafts, for whoever is signed in and may read the draft;
-- the holder of a link learns no names.
CREATE OR REPLACE FUNCTION plan_people(draft_ids uuid[]) RETURNS TABLE (id bigint, name text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF asker_account() IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH asked AS (
            SELECT unnest(plan_people.draft_ids) AS draft_id
            INTERSECT SELECT asker_drafts()
        )
        SELECT account.id, COALESCE(NULLIF(account.display_name, ''), account.name)
        FROM account
        WHERE account.id IN (
            SELECT created_by FROM plan_draft WHERE plan_draft.id IN (SELECT draft_id FROM asked)
            UNION SELECT account_id FROM plan_entry WHERE draft_id IN (SELECT draft_id FROM asked)
            UNION SELECT account_id FROM plan_mark WHERE draft_id IN (SELECT draft_id FROM asked)
            UNION SELECT unnest(ARRAY[account_id, resolved_by]) FROM plan_comment
                  WHERE draft_id IN (SELECT draft_id FROM asked)
            UNION SELECT account_id FROM plan_step WHERE draft_id IN (SELECT draft_id FROM asked)
            UNION SELECT created_by FROM plan_share WHERE draft_id IN (SELECT draft_id FROM asked)
            UNION SELECT created_by FROM plan_job WHERE draft_id IN (SELECT draft_id FROM asked));
END $$;

-- Takes a step of a draft's review, if it may be taken by whoever asks; returns the new state.
--
--   submit    open, returned → submitted   a planner
--   recall    submitted → open             a planner who had a hand in it
--   return    submitted, approved → returned   a planner who had no hand in it
--   approve   submitted → approved         a planner who had no hand in it
--   publish   approved → published         a planner; `generation_id` is what came of it
--   withdraw  published → approved         a planner, before it is in force
--   archive   open, returned → archived    a planner
--
-- It is carried out on the version that was read: another one means that somebody edited since.
CREATE OR REPLACE FUNCTION take_plan_step(
    draft_id uuid, action text, version integer, remark text DEFAULT '',
    starts timestamptz DEFAULT NULL, generation_id bigint DEFAULT NULL
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    draft plan_draft;
    next_state text;
    who CONSTANT bigint := asker_account();
    own boolean;
BEGIN
    SELECT * INTO draft FROM plan_draft AS one WHERE one.id = take_plan_step.draft_id FOR UPDATE;
    IF NOT FOUND OR NOT (draft.jurisdiction_id = ANY (asker_jurisdictions('planner'))) THEN
        RAISE EXCEPTION 'only planners of its jurisdiction review a draft'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF draft.version <> take_plan_step.version THEN
        RAISE EXCEPTION 'draft % has been edited since: it is at version %',
            draft.id, draft.version
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_step_version';
    END IF;
    own := who IN (SELECT plan_authors(draft.id));
    next_state := CASE
        WHEN action = 'submit' AND draft.state IN ('open', 'returned') THEN 'submitted'
        WHEN action = 'recall' AND draft.state = 'submitted' AND own THEN 'open'
        WHEN action = 'return' AND draft.state IN ('submitted', 'approved') AND NOT own
            THEN 'returned'
        WHEN action = 'approve' AND draft.state = 'submitted' AND NOT own THEN 'approved'
        WHEN action = 'publish' AND draft.state = 'approved' AND generation_id IS NOT NULL
            THEN 'published'
        WHEN action = 'withdraw' AND draft.state = 'published' THEN 'approved'
        WHEN action = 'archive' AND draft.state IN ('open', 'returned') THEN 'archived'
    END;
    IF next_state IS NULL THEN
        RAISE EXCEPTION '% is no step for a draft that is %', action, draft.state
            USING ERRCODE = 'restrict_violation',
                  CONSTRAINT = CASE
                      WHEN own AND (
                          (action IN ('return', 'approve') AND draft.state = 'submitted')
                          OR (action = 'return' AND draft.state = 'approved'))
                          THEN 'plan_step_own'
                      WHEN action = 'recall' AND draft.state = 'submitted' THEN 'plan_step_others'
                      ELSE 'plan_step_state' END;
    END IF;
    UPDATE plan_draft AS one
    SET state = next_state,
        changed_at = clock_timestamp(),
        reviewed_version = CASE WHEN action = 'submit' THEN draft.version
                                ELSE one.reviewed_version END,
        generation_id = CASE WHEN action = 'publish' THEN take_plan_step.generation_id
                             WHEN action = 'withdraw' THEN NULL
                             ELSE one.generation_id END
    WHERE one.id = draft.id;
    INSERT INTO plan_step (draft_id, account_id, action, version, remark, starts)
    VALUES (draft.id, who, action, draft.version, remark, starts);
    PERFORM tell_of_plan(draft.id, 'step', action);
    RETURN next_state;
END $$;

-- Who may weigh a jurisdiction's grids: see its counts, and for names whoever works on its plans.
-- Counts are seen by whoever reads one of its drafts, by a link as well.
CREATE OR REPLACE FUNCTION asker_weighs(jurisdiction_id bigint, names boolean DEFAULT false)
RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN asker_kind() IN ('service', 'owner')
        OR asker_weighs.jurisdiction_id
            = ANY (asker_jurisdictions('planner', 'auditor', 'administrator'))
        OR (NOT names AND EXISTS (
            SELECT FROM plan_draft
            WHERE plan_draft.jurisdiction_id = asker_weighs.jurisdiction_id
              AND plan_draft.id IN (SELECT asker_drafts())));
END $$;

-- How many people answer for what, without their names: what planners weigh grids by. A row a unit.
CREATE OR REPLACE FUNCTION planned_units(jurisdiction_id bigint)
RETURNS TABLE (
    unit_id bigint, building_id bigint, households bigint, people bigint,
    households_answered bigint, unit_answered boolean, building_answered boolean
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT asker_weighs(planned_units.jurisdiction_id) THEN
        RETURN;
    END IF;
    RETURN QUERY
        WITH homes AS (
            SELECT household.unit_id, count(*) AS households,
                   sum(household.people)::bigint AS people, count(named.household_id) AS answered
            FROM household
            LEFT JOIN (SELECT DISTINCT household_id FROM responsibility) AS named
              ON named.household_id = household.id
            GROUP BY household.unit_id
        )
        SELECT unit.id, unit.building_id, COALESCE(homes.households, 0),
               COALESCE(homes.people, 0), COALESCE(homes.answered, 0),
               EXISTS (SELECT FROM responsibility WHERE responsibility.unit_id = unit.id),
               EXISTS (SELECT FROM responsibility WHERE responsibility.building_id = building.id)
        FROM building
        JOIN unit ON unit.building_id = building.id
        LEFT JOIN homes ON homes.unit_id = unit.id
        WHERE building.jurisdiction_id = planned_units.jurisdiction_id;
END $$;

-- Units that were put into a grid by hand, without who did it and why.
CREATE OR REPLACE FUNCTION planned_by_hand(jurisdiction_id bigint)
RETURNS TABLE (unit_id bigint, grid_id uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT asker_weighs(planned_by_hand.jurisdiction_id) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT unit_override.unit_id, unit_override.grid_id
        FROM unit_override
        JOIN unit ON unit.id = unit_override.unit_id
        JOIN building ON building.id = unit.building_id
        WHERE building.jurisdiction_id = planned_by_hand.jurisdiction_id;
END $$;

-- Whoever answers for grids and buildings as their work (网格员、社区干部), with what they answer
-- for; volunteers and neighbours are counted above and named nowhere.
CREATE OR REPLACE FUNCTION planned_workers(jurisdiction_id bigint)
RETURNS TABLE (
    member_id bigint, code text, name text, role text, community_code text,
    level text, grid_id uuid, building_id bigint, unit_id bigint
)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    IF NOT asker_weighs(planned_workers.jurisdiction_id, names => true) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT member.id, member.code, member.name, member.role, community.code,
               responsibility.level, responsibility.grid_id, responsibility.building_id,
               responsibility.unit_id
        FROM member
        JOIN community ON community.id = member.community_id
        JOIN street ON street.id = community.street_id
        JOIN responsibility ON responsibility.member_id = member.id
        WHERE street.jurisdiction_id = planned_workers.jurisdiction_id
          AND member.role IN ('grid_worker', 'committee_member')
          AND responsibility.level <> 'household';
END $$;

-- Changes whenever something changes that plans are drawn over or weighed by, here or elsewhere:
-- every row that is written has another transaction.
CREATE OR REPLACE FUNCTION ground_version() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT string_agg(rows || ' ' || written, ',' ORDER BY name)
    FROM (
        SELECT 'building' AS name, count(*) AS rows, sum(xmin::text::bigint) AS written
        FROM building
        UNION ALL SELECT 'community', count(*), sum(xmin::text::bigint) FROM community
        UNION ALL SELECT 'compound', count(*), sum(xmin::text::bigint) FROM compound
        UNION ALL SELECT 'household', count(*), sum(xmin::text::bigint) FROM household
        UNION ALL SELECT 'member', count(*), sum(xmin::text::bigint) FROM member
        UNION ALL SELECT 'responsibility', count(*), sum(xmin::text::bigint) FROM responsibility
        UNION ALL SELECT 'road', count(*), sum(xmin::text::bigint) FROM road
        UNION ALL SELECT 'station', count(*), sum(xmin::text::bigint) FROM station
        UNION ALL SELECT 'unit', count(*), sum(xmin::text::bigint) FROM unit
        UNION ALL SELECT 'unit_override', count(*), sum(xmin::text::bigint) FROM unit_override
        UNION ALL SELECT 'water', count(*), sum(xmin::text::bigint) FROM water
    ) AS parts
$$;

-- The log, the review and what a draft began with stay as they were written; what is deleted goes
-- with its whole draft.
CREATE OR REPLACE FUNCTION plan_written_once() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    words CONSTANT text[] := '{detail,changes,remark,name,name_en,branch_name,branch_name_en,'
        'branch_phone}';
BEGIN
    IF to_jsonb(NEW) - 'account_id' = to_jsonb(OLD) - 'account_id' THEN
        RETURN NEW;
    END IF;
    IF erasing() AND to_jsonb(NEW) - words = to_jsonb(OLD) - words THEN
        PERFORM tell_of_plan(NEW.draft_id, 'erased', '');
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the log of a draft is only added to'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'plan_written_once';
END $$;

CREATE OR REPLACE TRIGGER plan_written_once BEFORE UPDATE ON plan_entry
FOR EACH ROW EXECUTE FUNCTION plan_written_once();
CREATE OR REPLACE TRIGGER plan_written_once BEFORE UPDATE ON plan_step
FOR EACH ROW EXECUTE FUNCTION plan_written_once();
CREATE OR REPLACE TRIGGER plan_written_once BEFORE UPDATE ON plan_cell
FOR EACH ROW EXECUTE FUNCTION plan_written_once();
CREATE OR REPLACE TRIGGER plan_written_once BEFORE UPDATE ON plan_grid
FOR EACH ROW EXECUTE FUNCTION plan_written_once();

-- Names of marks that were two stay two when the words that told them apart are erased.
CREATE OR REPLACE FUNCTION plan_mark_erased() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM plan_mark
               WHERE draft_id = NEW.draft_id AND name = NEW.name AND id <> NEW.id)
    THEN
        NEW.name := NEW.name || ' ' || NEW.id;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER plan_mark_erased BEFORE UPDATE OF name ON plan_mark
FOR EACH ROW WHEN (NEW.name <> OLD.name) EXECUTE FUNCTION plan_mark_erased();
