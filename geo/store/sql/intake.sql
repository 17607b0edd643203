-- Intake (收集): an issue with all that goes with it, stored by one call. The service decides
-- beforehand where it goes, in memory; what that went by is compared here, under the lock that
-- publishing takes alone. Where it differs, nothing is stored, and the service decides again.
--
-- The function runs as the owner and lets report whoever the policies let report. What it is given
-- are columns of the tables, as JSON. It returns an outcome:
--
--   stored  with number, times, who answers for the place, and the asker's roles on the issue
--   kept    the answer that was given under the idempotency key before
--   stale   a generation, the duty or the minute is another by now: decide again
--   future  it is to have occurred later than clocks of phones run ahead

-- Tells the transaction who is asking; it forgets it at the end.
CREATE OR REPLACE FUNCTION tell_asker(asked jsonb) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('hongge.asker', asked ->> 'asker', true),
            set_config('hongge.account_id', asked ->> 'account_id', true),
            set_config('hongge.follow_sha256', asked ->> 'follow_sha256', true),
            set_config('hongge.request_id', asked ->> 'request_id', true),
            set_config('hongge.actor', asked ->> 'actor', true);
END $$;

-- The generation that is in force in a jurisdiction at an instant.
CREATE OR REPLACE FUNCTION generation_at(home bigint, instant timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT id FROM generation WHERE jurisdiction_id = home AND validity @> instant);
END $$;

-- The building that a whole circle lies in.
CREATE OR REPLACE FUNCTION building_around(home bigint, centre geometry, radius_m float8)
RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT id FROM building
            WHERE jurisdiction_id = home AND ST_Covers(geom, centre)
              AND ST_Distance(ST_Boundary(geom)::geography, centre::geography) >= radius_m
            ORDER BY code LIMIT 1);
END $$;

-- What is told of an issue that was stored: what nobody knew before.
CREATE OR REPLACE FUNCTION issue_stored(one issue, building_id bigint, household_id bigint)
RETURNS jsonb
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN jsonb_build_object(
        'outcome', 'stored', 'id', one.id, 'number', one.number,
        'received_at', one.received_at, 'occurred_at', one.occurred_at,
        'responsible', COALESCE((
            SELECT jsonb_agg(to_jsonb(person))
            FROM responsible_for(one.current_grid_id, building_id, one.unit_id, household_id)
                AS person), '[]'),
        'roles', CASE WHEN asker_kind() = 'account' THEN to_jsonb(asker_roles_on(one.id))
                      ELSE '[]' END);
END $$;

CREATE OR REPLACE FUNCTION take_in(given jsonb, photos bytea[]) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    key_sha256 CONSTANT text := given ->> 'key';
    around CONSTANT jsonb := given -> 'around';
    detail jsonb := given -> 'detail';
    one issue := jsonb_populate_record(NULL::issue, given -> 'issue');
    home CONSTANT bigint := one.jurisdiction_id;
    building_id bigint := detail ->> 'building_id';
    household_id CONSTANT bigint := detail ->> 'household_id';
    in_force CONSTANT bigint := given ->> 'in_force';
    then_in_force bigint;
    present timestamptz;
    before idempotency_key;
    told jsonb;
BEGIN
    PERFORM tell_asker(given -> 'asker');
    IF NOT asker_may_report() THEN
        RAISE EXCEPTION 'the asker may not report' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF key_sha256 IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(key_sha256, x'6B6579'::bigint));
        SELECT * INTO before FROM idempotency_key WHERE key = key_sha256;
        IF FOUND THEN
            RETURN jsonb_build_object(
                'outcome', 'kept', 'response', before.response,
                'request_sha256', encode(before.request_sha256, 'hex'));
        END IF;
    END IF;
    IF (given ->> 'tried')::boolean THEN
        SELECT * INTO one FROM issue WHERE id = (given -> 'issue' ->> 'id')::uuid;
        IF FOUND THEN
            SELECT issue_event.detail INTO detail FROM issue_event
            WHERE issue_id = one.id AND sequence = 1;
            RETURN issue_stored(one, (detail ->> 'building_id')::bigint, household_id);
        END IF;
        one := jsonb_populate_record(NULL::issue, given -> 'issue');
    END IF;

    -- The lock's first key is geo.store.generations.LOCK_CLASS.
    PERFORM pg_advisory_xact_lock_shared(x'67656E'::integer, home::integer);
    present := clock_timestamp();
    IF one.occurred_at > present + make_interval(secs => (given ->> 'ahead_s')::float8) THEN
        RETURN '{"outcome": "future"}';
    END IF;
    one.received_at := present;
    one.occurred_at := LEAST(one.occurred_at, present);
    then_in_force := in_force;
    IF one.occurred_at <> present THEN
        then_in_force := generation_at(home, one.occurred_at);
    END IF;
    IF date_trunc('minute', present) <> (given ->> 'minute')::timestamptz
       OR generation_at(home, present) IS DISTINCT FROM in_force
       OR one.reported_generation_id IS DISTINCT FROM then_in_force
       OR (one.duty_id IS NOT NULL AND NOT EXISTS (
           SELECT FROM duty WHERE id = one.duty_id AND version = one.duty_version
                              AND department_id = one.department_id AND retired_at IS NULL))
    THEN
        RETURN jsonb_build_object('outcome', 'stale', 'at', present);
    END IF;

    IF around <> 'null' THEN
        building_id := building_around(
            home, one.location, (around ->> 'accuracy_m')::float8);
        detail := jsonb_set(detail, '{building_id}', COALESCE(to_jsonb(building_id), 'null'));
    END IF;
    one.number := next_issue_number(
        home, extract(year FROM present AT TIME ZONE (given ->> 'timezone'))::integer);
    INSERT INTO issue SELECT one.*;
    INSERT INTO issue_deadline (issue_id, stage, due_at, started_at, amount, unit, remind_at)
    SELECT one.id, stage, due_at, CASE WHEN runs THEN present END, amount, unit, remind_at
    FROM jsonb_to_recordset(given -> 'clocks') AS clock (
        stage text, due_at timestamptz, runs boolean, amount integer, unit text,
        remind_at timestamptz);
    IF given -> 'reporter' <> 'null' THEN
        INSERT INTO issue_reporter (issue_id, name, phone)
        VALUES (one.id, given -> 'reporter' ->> 'name', given -> 'reporter' ->> 'phone');
    END IF;
    IF cardinality(photos) > 0 THEN
        INSERT INTO issue_photo (
            issue_id, position, media_type, content, width_px, height_px, taken_at, location)
        SELECT one.id, place, photo.media_type, photos[place], photo.width_px, photo.height_px,
               photo.taken_at, photo.location
        FROM jsonb_array_elements(given -> 'photos') WITH ORDINALITY AS kept (columns, place),
             jsonb_populate_record(NULL::issue_photo, kept.columns) AS photo;
    END IF;
    INSERT INTO issue_event (issue_id, sequence, at, action, to_state, actor, account_id, detail)
    VALUES (one.id, 1, present, 'collect', one.state, 'reporter', asker_account(),
            detail || clocks_begun(given -> 'clocks', present));
    INSERT INTO outbox (topic, payload)
    VALUES ('issue.received', jsonb_build_object(
        'issue_id', one.id, 'number', one.number, 'jurisdiction', given ->> 'slug',
        'state', one.state));
    told := issue_stored(one, building_id, household_id);
    IF key_sha256 IS NOT NULL THEN
        INSERT INTO idempotency_key (key, request_sha256, issue_id, response)
        VALUES (key_sha256, decode(given ->> 'request_sha256', 'hex'), one.id,
                given -> 'kept' || told);
    END IF;
    RETURN told;
END $$;

-- The first clocks as the history keeps them: those that run have begun.
CREATE OR REPLACE FUNCTION clocks_begun(clocks jsonb, begun timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN COALESCE((
        SELECT jsonb_build_object('clocks', jsonb_object_agg(
            clock ->> 'stage',
            jsonb_strip_nulls(clock - '{stage,runs}'::text[]) || '{"extensions": 0}'
            || CASE WHEN (clock ->> 'runs')::boolean
                    THEN jsonb_build_object('started_at', begun) ELSE '{}' END))
        FROM jsonb_array_elements(clocks) AS clock
        HAVING count(*) > 0), '{}');
END $$;

-- Takes in an issue and comes back when it is on the disk, by one call. The audit trail's chain is
-- held from the end of a transaction until it has committed, and a commit waits for the disk: the
-- next one could only wait after it. So the issue is committed without waiting, which sets the chain
-- free, and then a message in the log of writes is waited for, many together. What comes later in
-- that log is never kept without what comes before.
CREATE OR REPLACE PROCEDURE take_in_durably(given jsonb, photos bytea[], INOUT told jsonb)
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    told := take_in(given, photos);
    COMMIT;
    IF told ->> 'outcome' IN ('stored', 'kept') THEN
        PERFORM pg_logical_emit_message(true, 'hongge', '');
    END IF;
END $$;
