-- The audit trail: who did what to which row, and who read personal details.
--
-- Triggers and audit_note() leave entries in audit_pending. When the transaction commits, they are
-- moved to the end of the chain under one lock, which is held until the commit is done: the chain
-- has the order of commits, and nobody waits for a transaction that is still at work.
--
-- The digest of an entry is sha256(digest of the entry before || canonical text as UTF-8), that of
-- nothing being 32 zero bytes. What is written here never is personal data: keys, names of columns,
-- and values of the columns that are named below.

-- A JSON array of ten strings or nulls: what docs/personal-data.md promises to verifiers.
CREATE OR REPLACE FUNCTION audit_canonical(entry audit_entry) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT json_build_array(
        entry.id::text,
        to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        entry.account_id::text,
        entry.actor,
        entry.jurisdiction_id::text,
        entry.action,
        entry.table_name,
        entry.row_key,
        entry.detail::text,
        entry.request_id
    )::text
$$;

-- Who is behind this transaction. An account is its number: its name can change, and be erased.
CREATE OR REPLACE FUNCTION audit_account() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT NULLIF(current_setting('hongge.account_id', true), '')::bigint
$$;

CREATE OR REPLACE FUNCTION audit_actor() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(
        'account:' || audit_account(),
        NULLIF(current_setting('hongge.actor', true), ''),
        NULLIF(current_setting('hongge.asker', true), ''),
        'database:' || session_user
    )
$$;

-- The chain is written by the triggers in this file alone: what they write has a depth of 2.
CREATE OR REPLACE FUNCTION audit_guard() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() > 1 AND (TG_TABLE_NAME, TG_OP) IN (
        ('audit_entry', 'INSERT'), ('audit_entry', 'DELETE'),
        ('audit_head', 'UPDATE'), ('audit_pending', 'DELETE'))
    THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION 'the audit trail is only added to'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_append_only';
END $$;

CREATE OR REPLACE TRIGGER audit_guard BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON audit_entry
FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_head
FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_pending
FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();
CREATE OR REPLACE TRIGGER audit_guard BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_cut
FOR EACH STATEMENT EXECUTE FUNCTION audit_guard();

INSERT INTO audit_head (entries, sha256)
SELECT 0, decode(repeat('00', 32), 'hex')
WHERE NOT EXISTS (SELECT FROM audit_head)
  AND NOT EXISTS (SELECT FROM audit_entry)
  AND NOT EXISTS (SELECT FROM audit_cut);

-- Moves a transaction's entries to the end of the chain, after everything else that its commit has
-- to do: whoever holds the chain must not wait for anybody. Triggers at a commit run in rounds, and
-- what one of them writes is looked at in the next; so the first entry leaves a mark, an entry
-- without an action, and the work is done when the mark's turn comes.
CREATE OR REPLACE FUNCTION audit_chain() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    mine CONSTANT bigint := NEW.transaction_id;
    head audit_head;
    pending audit_pending;
    entry audit_entry;
BEGIN
    IF NEW.action <> '' THEN
        PERFORM FROM audit_pending WHERE transaction_id = mine AND action = '';
        IF NOT FOUND THEN
            INSERT INTO audit_pending (transaction_id, actor, action, table_name, row_key)
            SELECT mine, '', '', '', ''
            WHERE EXISTS (SELECT FROM audit_pending WHERE transaction_id = mine AND id = NEW.id);
        END IF;
        RETURN NULL;
    END IF;
    PERFORM pg_advisory_xact_lock(x'686F6E676175'::bigint);
    SELECT * INTO STRICT head FROM audit_head;
    FOR pending IN
        SELECT * FROM audit_pending WHERE transaction_id = mine AND action <> '' ORDER BY id
    LOOP
        head.entries := head.entries + 1;
        entry := ROW(head.entries, pending.at, pending.account_id, pending.actor,
                     pending.jurisdiction_id, pending.action, pending.table_name, pending.row_key,
                     pending.detail, pending.request_id, NULL)::audit_entry;
        head.sha256 := sha256(head.sha256 || convert_to(audit_canonical(entry), 'UTF8'));
        entry.sha256 := head.sha256;
        INSERT INTO audit_entry SELECT entry.*;
    END LOOP;
    UPDATE audit_head SET entries = head.entries, sha256 = head.sha256;
    DELETE FROM audit_pending WHERE transaction_id = mine;
    RETURN NULL;
END $$;

DROP TRIGGER IF EXISTS audit_chain ON audit_pending;
CREATE CONSTRAINT TRIGGER audit_chain AFTER INSERT ON audit_pending
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION audit_chain();

-- The jurisdiction that an account's roles are of, where they are all of one.
CREATE OR REPLACE FUNCTION audit_home(account_id bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT min(jurisdiction.id)
    FROM account_role
    LEFT JOIN jurisdiction ON jurisdiction.slug = account_role.jurisdiction
    WHERE account_role.account_id = audit_home.account_id
    HAVING count(DISTINCT jurisdiction.id) = 1
       AND bool_and(account_role.jurisdiction IS NOT NULL)
$$;

-- Notes what leaves no trace in a table: personal details that were read, a sign-in, an export.
-- Changes of rows are noted by triggers alone, so that nobody can pretend to one.
CREATE OR REPLACE FUNCTION audit_note(
    action text, table_name text, row_key text,
    detail jsonb DEFAULT '{}', jurisdiction_id bigint DEFAULT NULL
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF COALESCE(action, '') IN ('', 'insert', 'update', 'delete', 'cut') THEN
        RAISE EXCEPTION 'an action “%” is not noted by hand', action
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO audit_pending (
        transaction_id, account_id, actor, jurisdiction_id, action, table_name, row_key, detail,
        request_id)
    VALUES (
        pg_current_xact_id()::text::bigint, audit_account(), audit_actor(),
        COALESCE(audit_note.jurisdiction_id, audit_home(
            CASE WHEN audit_note.table_name = 'account' AND audit_note.row_key ~ '^[0-9]{1,18}$'
                 THEN audit_note.row_key::bigint ELSE audit_account() END)),
        audit_note.action, audit_note.table_name, audit_note.row_key,
        COALESCE(audit_note.detail, '{}'),
        NULLIF(current_setting('hongge.request_id', true), ''));
END $$;

-- The beginning of the chain goes when its time is over, never before half a year: PRC
-- Cybersecurity Law, article 21 (3). The digest of the last entry that went is kept, and the cut
-- is an entry of the chain, which thereby says itself where it begins.
CREATE OR REPLACE FUNCTION audit_cut_checked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT sha256 INTO NEW.sha256 FROM audit_entry WHERE id = NEW.entries;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no entry % to cut after', NEW.entries
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_cut_entry';
    END IF;
    PERFORM FROM audit_entry
    WHERE id <= NEW.entries AND at > clock_timestamp() - interval '180 days';
    IF FOUND THEN
        RAISE EXCEPTION 'the audit trail is kept for at least 180 days'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'audit_cut_age';
    END IF;
    NEW.cut_at := clock_timestamp();
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER audit_cut_checked BEFORE INSERT ON audit_cut
FOR EACH ROW EXECUTE FUNCTION audit_cut_checked();

CREATE OR REPLACE FUNCTION audit_cut_off() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM audit_entry WHERE id <= NEW.entries;
    INSERT INTO audit_pending (
        transaction_id, account_id, actor, action, table_name, row_key, detail, request_id)
    VALUES (
        pg_current_xact_id()::text::bigint, audit_account(), audit_actor(), 'cut', 'audit_entry',
        NEW.entries::text, jsonb_build_object('sha256', encode(NEW.sha256, 'hex')),
        NULLIF(current_setting('hongge.request_id', true), ''));
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER audit_cut_off AFTER INSERT ON audit_cut
FOR EACH ROW EXECUTE FUNCTION audit_cut_off();

-- The digest before an entry's own, also for auditors who may not read the entry it is of.
CREATE OR REPLACE FUNCTION audit_previous(entry_id bigint) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT COALESCE(
        (SELECT sha256 FROM audit_entry WHERE id = entry_id - 1),
        (SELECT sha256 FROM audit_cut WHERE entries = entry_id - 1),
        decode(repeat('00', 32), 'hex'))
$$;

-- When a job of the service last ended, and what it did: numbers, and nobody's data.
CREATE OR REPLACE FUNCTION last_run_of(job text) RETURNS TABLE (ended_at timestamptz, detail jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1 AS $$
    SELECT ended_at, detail FROM job_run WHERE name = job
$$;

-- Lets the trail follow a table: a function of its own, called once a statement, which leaves an
-- entry for each row; for more than a hundred rows at once a single entry with their number and
-- their keys: as ranges where they are numbers, else as a list of at most a thousand. An update that changes nothing, or only columns that are passed over,
-- leaves none.
--
--   home    the jurisdiction of a row “r”, as an expression
--   told    columns whose values may be told
--   key     columns that make the row's key in the trail; by default its primary key
--   passed  columns whose changes don't count
--   verbs   what is followed
CREATE OR REPLACE FUNCTION audit_follow(
    followed text, home text, told text[] DEFAULT '{}', key text[] DEFAULT NULL,
    passed text[] DEFAULT '{}', verbs text[] DEFAULT '{insert,update,delete}'
) RETURNS void
LANGUAGE plpgsql AS $outer$
DECLARE
    primary_key text[] := ARRAY(
        SELECT attribute.attname::text
        FROM pg_index
        JOIN pg_attribute AS attribute
          ON attribute.attrelid = pg_index.indrelid AND attribute.attnum = ANY (pg_index.indkey)
        WHERE pg_index.indrelid = followed::regclass AND pg_index.indisprimary
        ORDER BY array_position(pg_index.indkey::int2[], attribute.attnum));
    counting text[] := ARRAY(
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = followed::regclass AND attnum > 0 AND NOT attisdropped
          AND attname <> ALL (passed)
        ORDER BY attnum);
    row_key text;
    keys_told text;
    same text;
    differing text;
    old_values text;
    new_values text;
    both_values text;
    who text := $$pg_current_xact_id()::text::bigint, audit_account(), audit_actor(),
                  NULLIF(current_setting('hongge.request_id', true), '')$$;
    verb text;
BEGIN
    key := COALESCE(key, primary_key);
    SELECT 'concat_ws(''/'', ' || string_agg(format('r.%I::text', one), ', ') || ')'
    INTO row_key FROM unnest(key) AS one;
    keys_told := format(
        ', ''keys'', CASE WHEN count(*) <= 1000 THEN jsonb_agg(%1$s ORDER BY %1$s) END', row_key);
    IF cardinality(key) = 1 AND (
        SELECT atttypid = 'bigint'::regtype FROM pg_attribute
        WHERE attrelid = followed::regclass AND attname = key[1])
    THEN
        keys_told := format(', ''keys'', range_agg(int8range(r.%1$I, r.%1$I, ''[]''))::text', key[1]);
    END IF;
    SELECT string_agg(format('o.%1$I = r.%1$I', one), ' AND ')
    INTO same FROM unnest(primary_key) AS one;
    SELECT string_agg(
        format('CASE WHEN o.%1$I IS DISTINCT FROM r.%1$I THEN %1$L END', one), ', ')
    INTO differing FROM unnest(counting) AS one;
    SELECT COALESCE(string_agg(format('%1$L, r.%1$I', one), ', '), ''),
           COALESCE(
               string_agg(format('(%1$L, to_jsonb(o.%1$I), to_jsonb(r.%1$I))', one), ', '),
               '(NULL, NULL::jsonb, NULL::jsonb)')
    INTO new_values, both_values FROM unnest(told) AS one;
    old_values := format('jsonb_build_object(%L, jsonb_build_object(%s))', 'from', new_values);
    new_values := format('jsonb_build_object(%L, jsonb_build_object(%s))', 'to', new_values);
    IF cardinality(told) = 0 THEN
        old_values := '''{}''::jsonb';
        new_values := '''{}''::jsonb';
    END IF;
    EXECUTE format($define$
CREATE OR REPLACE FUNCTION %1$I() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $body$
DECLARE
    amount bigint;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT count(*) INTO amount FROM (SELECT FROM new_rows LIMIT 101) AS few;
        IF amount > 100 THEN
            INSERT INTO audit_pending (transaction_id, account_id, actor, request_id,
                jurisdiction_id, action, table_name, row_key, detail)
            SELECT %2$s, place.home, 'insert', %4$L, '', jsonb_build_object('rows', count(*)%5$s)
            FROM new_rows AS r LEFT JOIN LATERAL %12$s AS place (home) ON true GROUP BY place.home;
        ELSIF amount > 0 THEN
            INSERT INTO audit_pending (transaction_id, account_id, actor, request_id,
                jurisdiction_id, action, table_name, row_key, detail)
            SELECT %2$s, %3$s, 'insert', %4$L, %6$s,
                   CASE count(*) WHEN 1 THEN jsonb_agg(%7$s) -> 0
                                 ELSE jsonb_build_object('rows', count(*)) END
            FROM new_rows AS r GROUP BY %3$s, %6$s ORDER BY %6$s;
        END IF;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT count(*) INTO amount FROM (SELECT FROM old_rows LIMIT 101) AS few;
        IF amount > 100 THEN
            INSERT INTO audit_pending (transaction_id, account_id, actor, request_id,
                jurisdiction_id, action, table_name, row_key, detail)
            SELECT %2$s, place.home, 'delete', %4$L, '', jsonb_build_object('rows', count(*)%5$s)
            FROM old_rows AS r LEFT JOIN LATERAL %12$s AS place (home) ON true GROUP BY place.home;
        ELSIF amount > 0 THEN
            INSERT INTO audit_pending (transaction_id, account_id, actor, request_id,
                jurisdiction_id, action, table_name, row_key, detail)
            SELECT %2$s, %3$s, 'delete', %4$L, %6$s,
                   CASE count(*) WHEN 1 THEN jsonb_agg(%8$s) -> 0
                                 ELSE jsonb_build_object('rows', count(*)) END
            FROM old_rows AS r GROUP BY %3$s, %6$s ORDER BY %6$s;
        END IF;
    ELSE
        SELECT count(*) INTO amount FROM (SELECT FROM new_rows LIMIT 101) AS few;
        IF amount > 100 THEN
            INSERT INTO audit_pending (transaction_id, account_id, actor, request_id,
                jurisdiction_id, action, table_name, row_key, detail)
            SELECT %2$s, place.home, 'update', %4$L, '', jsonb_build_object('rows', count(*)%5$s)
            FROM new_rows AS r LEFT JOIN LATERAL %12$s AS place (home) ON true GROUP BY place.home;
        ELSIF amount > 0 THEN
            INSERT INTO audit_pending (transaction_id, account_id, actor, request_id,
                jurisdiction_id, action, table_name, row_key, detail)
            SELECT %2$s, %3$s, 'update', %4$L, %6$s,
                   jsonb_build_object('changed', difference.columns) || COALESCE(values_told.both, '{}')
            FROM new_rows AS r
            LEFT JOIN old_rows AS o ON %9$s
            CROSS JOIN LATERAL (
                SELECT array_remove(ARRAY[%10$s], NULL) AS columns) AS difference
            CROSS JOIN LATERAL (
                SELECT CASE WHEN count(*) > 0 THEN jsonb_build_object(
                    'from', jsonb_object_agg(name, was),
                    'to', jsonb_object_agg(name, becomes)) END AS both
                FROM (VALUES %11$s) AS one (name, was, becomes)
                WHERE name = ANY (difference.columns)) AS values_told
            WHERE difference.columns <> '{}'
            ORDER BY %6$s;
        END IF;
    END IF;
    RETURN NULL;
END $body$
    $define$, 'audit_of_' || followed, who, home, followed, keys_told, row_key, new_values, old_values,
        same, differing, both_values,
        CASE WHEN home LIKE '(SELECT %' THEN home ELSE format('(SELECT %s)', home) END);
    EXECUTE format('REVOKE ALL ON FUNCTION %I() FROM PUBLIC', 'audit_of_' || followed);
    FOREACH verb IN ARRAY '{insert,update,delete}'::text[] LOOP
        EXECUTE format('DROP TRIGGER IF EXISTS %I ON %I', 'audit_' || verb, followed);
        IF verb = ANY (verbs) THEN
            EXECUTE format(
                'CREATE TRIGGER %I AFTER %s ON %I REFERENCING %s'
                ' FOR EACH STATEMENT EXECUTE FUNCTION %I()',
                'audit_' || verb, verb, followed,
                CASE verb WHEN 'insert' THEN 'NEW TABLE AS new_rows'
                          WHEN 'delete' THEN 'OLD TABLE AS old_rows'
                          ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END,
                'audit_of_' || followed);
        END IF;
    END LOOP;
END $outer$;

DO $$
DECLARE
    of_issue text := '(SELECT jurisdiction_id FROM issue WHERE issue.id = r.issue_id)';
    of_street text := '(SELECT jurisdiction_id FROM street WHERE street.id = r.street_id)';
    of_community text := '(SELECT street.jurisdiction_id FROM community'
        ' JOIN street ON street.id = community.street_id WHERE community.id = r.community_id)';
    of_grid text := '(SELECT jurisdiction_id FROM grid WHERE grid.id = r.grid_id)';
    of_building text := '(SELECT jurisdiction_id FROM building WHERE building.id = r.building_id)';
    of_unit text := '(SELECT building.jurisdiction_id FROM unit'
        ' JOIN building ON building.id = unit.building_id WHERE unit.id = r.unit_id)';
    of_household text := '(SELECT building.jurisdiction_id FROM household'
        ' JOIN unit ON unit.id = household.unit_id'
        ' JOIN building ON building.id = unit.building_id WHERE household.id = r.household_id)';
    of_member text := '(SELECT street.jurisdiction_id FROM member'
        ' JOIN community ON community.id = member.community_id'
        ' JOIN street ON street.id = community.street_id WHERE member.id = r.member_id)';
    of_duty text := '(SELECT jurisdiction_id FROM duty WHERE duty.id = r.duty_id)';
    of_station text := '(SELECT street.jurisdiction_id FROM station'
        ' JOIN community ON community.id = station.community_id'
        ' JOIN street ON street.id = community.street_id WHERE station.id = r.station_id)';
    of_draft text := '(SELECT jurisdiction_id FROM plan_draft WHERE plan_draft.id = r.draft_id)';
    of_slug text := '(SELECT id FROM jurisdiction WHERE slug = r.jurisdiction)';
    of_account text := 'audit_home(r.account_id)';
BEGIN
    PERFORM audit_follow('jurisdiction', 'r.id',
        told => '{slug,timezone,metric_srid,synthetic,review_number}');
    PERFORM audit_follow('work_hours', 'r.jurisdiction_id', told => '{weekday,opens,closes}');
    PERFORM audit_follow('calendar_day', 'r.jurisdiction_id', told => '{day,kind}');
    PERFORM audit_follow('street', 'r.jurisdiction_id', told => '{code}');
    PERFORM audit_follow('community', of_street, told => '{code}');
    PERFORM audit_follow('department', 'r.jurisdiction_id', told => '{code}');
    PERFORM audit_follow('duty', 'r.jurisdiction_id', told => '{code,kind,private,department_id}');
    PERFORM audit_follow('duty_deadline', of_duty, told => '{stage,amount,unit}');
    PERFORM audit_follow('duty_version', of_duty, told => '{number,department_id,private,retired}');
    PERFORM audit_follow('paired_unit', of_community, told => '{code}');
    PERFORM audit_follow('generation', 'r.jurisdiction_id', told => '{number,validity,sealed}',
        passed => '{taken_up_at}');
    PERFORM audit_follow('grid', 'r.jurisdiction_id');
    PERFORM audit_follow('grid_version', of_grid, told => '{code,kind}');
    PERFORM audit_follow('party_branch', of_grid, told => '{grid_id}');
    PERFORM audit_follow('plan_draft', 'r.jurisdiction_id',
        told => '{state,base_generation_id,generation_id}', passed => '{version,changed_at}');
    PERFORM audit_follow('plan_entry', of_draft, told => '{verb,undoes}',
        passed => '{changes,detail}');
    PERFORM audit_follow('plan_mark', of_draft, told => '{version}');
    PERFORM audit_follow('plan_comment', of_draft, told => '{resolved_at}');
    PERFORM audit_follow('plan_share', of_draft, told => '{draft_id,expires_at,revoked_at}',
        key => '{draft_id}');
    PERFORM audit_follow('plan_step', of_draft, told => '{action,version,starts}');
    PERFORM audit_follow('plan_job', 'r.jurisdiction_id', told => '{kind,state}',
        passed => '{progress,beat_at,attempts}');
    PERFORM audit_follow('compound', of_community, told => '{code,kind}');
    PERFORM audit_follow('block', of_community, told => '{code,kind}');
    PERFORM audit_follow('building', 'r.jurisdiction_id', told => '{code,kind}');
    PERFORM audit_follow('unit', of_building, told => '{number}');
    PERFORM audit_follow('household', of_unit);
    PERFORM audit_follow('resident', of_household, told => '{household_id}');
    PERFORM audit_follow('unit_override', of_unit, told => '{grid_id}');
    PERFORM audit_follow('member', of_community, told => '{role,community_id,left_at}');
    PERFORM audit_follow('responsibility', of_member,
        told => '{member_id,level,grid_id,building_id,unit_id,household_id}');
    PERFORM audit_follow('hand_over', of_member, told => '{member_id,undone_at}');
    PERFORM audit_follow('station', of_community, told => '{code,kind}');
    PERFORM audit_follow('opening_rule', of_station, told => '{station_id,day,opens,closes}');
    PERFORM audit_follow('closure', of_station, told => '{station_id,starts_at,ends_at}');
    PERFORM audit_follow('room', of_station, told => '{station_id,zone,area_m2}');
    PERFORM audit_follow('station_service', of_station,
        told => '{station_id,code,way,capacity,retired_at}');
    PERFORM audit_follow('shift', of_station,
        told => '{station_id,member_id,starts_at,ends_at,published_at}');
    PERFORM audit_follow('booking', of_station, told => '{service_id,starts_at,state}',
        passed => '{reminded_at}');
    PERFORM audit_follow('issue', 'r.jurisdiction_id',
        told => '{number,state,duty_id,department_id,current_grid_id,closed_at}');
    PERFORM audit_follow('issue_reporter', of_issue);
    PERFORM audit_follow('issue_follower', of_issue, told => '{issue_id}');
    PERFORM audit_follow('issue_event', of_issue, told => '{action,from_state,to_state}',
        key => '{issue_id,sequence}');
    PERFORM audit_follow('issue_deadline', of_issue, told => '{stage,due_at}', key => '{issue_id}',
        verbs => '{insert,delete}');
    PERFORM audit_follow('issue_photo', of_issue, told => '{media_type}',
        key => '{issue_id,position}');
    PERFORM audit_follow('public_release', of_slug, told => '{geography,least}');
    PERFORM audit_follow('delivery', 'r.jurisdiction_id', told => '{endpoint,state}',
        passed => '{attempts,next_at,status,last_error}');
    PERFORM audit_follow('visit', of_household, told => '{household_id,visited_at}');
    PERFORM audit_follow('account', 'audit_home(r.id)',
        told => '{disabled_at,must_change_password,demonstration}');
    PERFORM audit_follow('account_role', of_slug, told => '{account_id,role,jurisdiction,place}');
    PERFORM audit_follow('account_identity', of_account, key => '{account_id}');
    PERFORM audit_follow('account_session', of_account, key => '{account_id}',
        verbs => '{insert,delete}');
    PERFORM audit_follow('api_token', of_account,
        told => '{account_id,scopes,expires_at,revoked_at}', passed => '{last_used_at}');
END $$;

REVOKE ALL ON audit_entry, audit_head, audit_pending, audit_cut FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_follow(text, text, text[], text[], text[], text[]) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_home(bigint) FROM PUBLIC;
REVOKE ALL ON FUNCTION audit_note(text, text, text, jsonb, bigint) FROM PUBLIC;
