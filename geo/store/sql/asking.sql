-- Who is asking, and the territory (辖域) that follows: what the policies decide by.
--
-- The service tells every transaction who it is for, by the settings hongge.asker (resident,
-- account or service), hongge.account_id and hongge.follow_sha256. Who isn't told is nobody, and
-- finds no rows. These functions run as the owner, so that they see the accounts' roles; they
-- answer about the asker alone. Policies call them in a SELECT of their own: once a statement.

CREATE OR REPLACE FUNCTION asker_kind() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT COALESCE(current_setting('hongge.asker', true), '')
$$;

-- The account that is asking; none when it is disabled.
CREATE OR REPLACE FUNCTION asker_account() RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF asker_kind() <> 'account' THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT id FROM account
            WHERE id = NULLIF(current_setting('hongge.account_id', true), '')::bigint
              AND disabled_at IS NULL);
END $$;

CREATE OR REPLACE FUNCTION asker_roles() RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT DISTINCT role FROM account_role WHERE account_id = asker_account());
END $$;

-- The digest of the follow secret that is held; without a person behind it, it opens nothing.
CREATE OR REPLACE FUNCTION asker_follow() RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT decode(NULLIF(current_setting('hongge.follow_sha256', true), ''), 'hex')
    WHERE asker_kind() IN ('resident', 'account')
$$;

-- The roles that handle cases.
CREATE OR REPLACE FUNCTION roles_at_work() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '{grid_worker,community_staff,street_dispatcher,department_handler}'::text[]
$$;

-- Residents may report, and those whose work it is to find something.
CREATE OR REPLACE FUNCTION asker_may_report() RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN asker_kind() = 'resident'
        OR asker_roles() && roles_at_work();
END $$;

-- The jurisdictions in which the asker has one of some roles.
CREATE OR REPLACE FUNCTION asker_jurisdictions(VARIADIC roles text[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account CONSTANT bigint := asker_account();
BEGIN
    IF account IS NULL THEN
        RETURN '{}';
    END IF;
    RETURN ARRAY(
        SELECT DISTINCT jurisdiction.id
        FROM account_role AS held
        JOIN jurisdiction
          ON held.jurisdiction IS NULL OR jurisdiction.slug = held.jurisdiction
        WHERE held.account_id = account AND held.role = ANY (roles));
END $$;

-- Whether the asker has one of some roles in every jurisdiction there is: then no row has to be
-- looked at one by one.
CREATE OR REPLACE FUNCTION asker_everywhere(VARIADIC roles text[]) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account CONSTANT bigint := asker_account();
BEGIN
    IF account IS NULL
       OR NOT EXISTS (SELECT FROM account_role AS held
                      WHERE held.account_id = account AND held.role = ANY (roles))
    THEN
        RETURN false;
    END IF;
    RETURN NOT EXISTS (SELECT FROM jurisdiction
                       WHERE id <> ALL (asker_jurisdictions(VARIADIC roles)));
END $$;

-- Whether a role's territory holds a grid of a code.
CREATE OR REPLACE FUNCTION in_territory(held account_role, grid_id uuid, code text)
RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE held.role
        WHEN 'grid_worker' THEN grid_id::text = held.place
        WHEN 'community_staff' THEN left(code, 12) = held.place
        WHEN 'street_dispatcher' THEN left(code, 9) = held.place
        ELSE false
    END
$$;

-- The grids, of the generation in force, in the asker's territory by one of some roles.
CREATE OR REPLACE FUNCTION asker_grids(VARIADIC roles text[]) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
ROWS 20 AS $$
DECLARE
    account CONSTANT bigint := asker_account();
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT version.grid_id
    FROM account_role AS held
    JOIN jurisdiction ON jurisdiction.slug = held.jurisdiction
    JOIN generation
      ON generation.jurisdiction_id = jurisdiction.id AND generation.validity @> now()
    JOIN grid_version AS version ON version.generation_id = generation.id
    WHERE held.account_id = account
      AND held.role = ANY (roles)
      AND in_territory(held, version.grid_id, version.code);
END $$;

-- The grids whose cases are the asker's: those in force, and those that were the territory's when
-- they were last drawn, since closed cases stay where they were closed.
CREATE OR REPLACE FUNCTION asker_case_grids() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
ROWS 20 AS $$
DECLARE
    account CONSTANT bigint := asker_account();
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT latest.grid_id
    FROM account_role AS held
    JOIN jurisdiction ON jurisdiction.slug = held.jurisdiction
    JOIN LATERAL (
        SELECT DISTINCT ON (version.grid_id) version.grid_id, version.code
        FROM generation JOIN grid_version AS version ON version.generation_id = generation.id
        WHERE generation.jurisdiction_id = jurisdiction.id AND lower(generation.validity) <= now()
        ORDER BY version.grid_id, generation.number DESC
    ) AS latest ON in_territory(held, latest.grid_id, latest.code)
    WHERE held.account_id = account
      AND held.role IN ('grid_worker', 'community_staff', 'street_dispatcher');
END $$;

-- Zero for somebody who has one of some roles everywhere, else nothing: every key is from there on.
CREATE OR REPLACE FUNCTION asker_all_from(VARIADIC roles text[]) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN CASE WHEN asker_everywhere(VARIADIC roles) THEN 0 END;
END $$;

-- The units in the asker's territory: all of the jurisdictions by some roles, and by others those
-- that the generation in force puts into the territory's grids. None for somebody who has one of
-- the former roles everywhere: asker_all_from() says so.
CREATE OR REPLACE FUNCTION asker_unit_keys(jurisdiction_roles text[], grid_roles text[])
RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    jurisdictions CONSTANT bigint[] := asker_jurisdictions(VARIADIC jurisdiction_roles);
    found bigint[] := '{}';
BEGIN
    IF jurisdictions <> '{}' THEN
        IF asker_everywhere(VARIADIC jurisdiction_roles) THEN
            RETURN '{}';
        END IF;
        found := ARRAY(
            SELECT unit.id FROM building JOIN unit ON unit.building_id = building.id
            WHERE building.jurisdiction_id = ANY (jurisdictions));
    END IF;
    RETURN found || ARRAY(
        SELECT assignment.unit_id FROM unit_assignment AS assignment
        WHERE assignment.generation_id
              = ANY (ARRAY(SELECT id FROM generation WHERE validity @> now()))
          AND assignment.grid_id = ANY (ARRAY(SELECT asker_grids(VARIADIC grid_roles))));
END $$;

-- The communities that the asker's grids, communities and streets belong to, or are.
CREATE OR REPLACE FUNCTION asker_communities(jurisdiction_roles text[], grid_roles text[])
RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT community_id FROM grid_version
    JOIN generation ON generation.id = grid_version.generation_id
    WHERE generation.validity @> now()
      AND grid_id IN (SELECT asker_grids(VARIADIC grid_roles))
    UNION
    SELECT community.id
    FROM community JOIN street ON street.id = community.street_id
    WHERE street.jurisdiction_id = ANY (asker_jurisdictions(VARIADIC jurisdiction_roles));
END $$;

-- The stations of those communities.
CREATE OR REPLACE FUNCTION asker_stations(jurisdiction_roles text[], grid_roles text[])
RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM station
    WHERE community_id IN (SELECT asker_communities(jurisdiction_roles, grid_roles))
$$;

-- The stations that the asker looks after.
CREATE OR REPLACE FUNCTION asker_kept_stations() RETURNS SETOF bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT asker_stations('{administrator}', '{community_staff}')
$$;

CREATE OR REPLACE FUNCTION asker_departments() RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
ROWS 5 AS $$
DECLARE
    account CONSTANT bigint := asker_account();
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT department.id
    FROM account_role AS held
    JOIN jurisdiction ON jurisdiction.slug = held.jurisdiction
    JOIN department
      ON department.jurisdiction_id = jurisdiction.id AND department.code = held.place
    WHERE held.account_id = account AND held.role = 'department_handler';
END $$;

-- The issues that the asker has handled, wherever they are by now.
CREATE OR REPLACE FUNCTION asker_handled() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    account CONSTANT bigint := asker_account();
BEGIN
    IF account IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT issue_id FROM issue_event WHERE account_id = account;
END $$;

-- The issues that the holder of a secret follows in place of reporting them again.
CREATE OR REPLACE FUNCTION asker_followed() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
ROWS 1 AS $$
DECLARE
    held CONSTANT bytea := asker_follow();
BEGIN
    IF held IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT issue_id FROM issue_follower WHERE follow_sha256 = held;
END $$;

-- The issues that the asker reads one by one, not with their jurisdiction: as the policy has it.
CREATE OR REPLACE FUNCTION asker_issue_keys() RETURNS SETOF uuid
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT id FROM issue
    WHERE follow_sha256 = (SELECT asker_follow())
       OR current_grid_id = ANY (ARRAY(SELECT asker_case_grids()))
       OR department_id = ANY (ARRAY(SELECT asker_departments()))
       OR (current_grid_id IS NULL
           AND nearest_grid_id = ANY (ARRAY(SELECT asker_grids('street_dispatcher'))))
       OR (current_grid_id IS NULL AND nearest_grid_id IS NULL
           AND jurisdiction_id = ANY ((SELECT asker_jurisdictions('street_dispatcher'))::bigint[]))
       OR id = ANY (ARRAY(SELECT asker_handled()))
       OR id = ANY (ARRAY(SELECT asker_followed()));
END $$;

-- Whether the asker's work is on an issue: one of the roles that handle cases is held on it.
CREATE OR REPLACE FUNCTION asker_works_on(issue_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN asker_roles_on(issue_id) && roles_at_work();
END $$;

-- Whether the asker dispatches the issue: the street's desk (街道派单) is theirs.
CREATE OR REPLACE FUNCTION asker_dispatches(issue_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN 'street_dispatcher' = ANY (asker_roles_on(issue_id));
END $$;

-- Whether a booking is at a station of the asker's street: the reminders of it are looked after there.
CREATE OR REPLACE FUNCTION asker_dispatches_booking(booking_id uuid) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN booking_id IS NOT NULL AND EXISTS (
        SELECT FROM booking
        WHERE id = asker_dispatches_booking.booking_id
          AND station_id IN (SELECT asker_stations('{}', '{street_dispatcher}')));
END $$;

-- Answers to questions that need what nobody at the counter may read, without giving it away.

-- How many households a jurisdiction has.
CREATE OR REPLACE FUNCTION household_count(jurisdiction_id bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*)
    FROM building
    JOIN unit ON unit.building_id = building.id
    JOIN household ON household.unit_id = unit.id
    WHERE building.jurisdiction_id = household_count.jurisdiction_id
$$;

-- The key of the household behind a door that somebody names.
CREATE OR REPLACE FUNCTION household_behind(unit_id bigint, room text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM household
    WHERE household.unit_id = household_behind.unit_id AND household.room = household_behind.room
$$;

-- Who answers for a place, from household to area; numbers of those alone who do so as their work.
CREATE OR REPLACE FUNCTION responsible_for(
    grid_id uuid, building_id bigint, unit_id bigint, household_id bigint
) RETURNS TABLE (level text, role text, name text, phone text)
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp
ROWS 5 AS $$
BEGIN
    RETURN QUERY
    SELECT link.level, member.role, member.name,
           CASE WHEN link.level IN ('area', 'building') THEN member.phone END
    FROM responsibility AS link JOIN member ON member.id = link.member_id
    WHERE link.household_id = responsible_for.household_id
       OR link.unit_id = responsible_for.unit_id
       OR link.building_id = responsible_for.building_id
       OR link.grid_id = responsible_for.grid_id
    ORDER BY array_position('{household,unit,building,area}', link.level), member.role, member.code;
END $$;

-- The next number of a jurisdiction's issues in a year, from a sequence of their own: nobody waits for
-- anybody, and a number whose transaction fails is left out. The first follows the highest that was
-- loaded; whoever asks for it makes the sequence.
CREATE OR REPLACE FUNCTION next_issue_number(jurisdiction_id bigint, year integer) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    counter CONSTANT text := format('issue_number_%s_%s', jurisdiction_id, year);
    given bigint;
BEGIN
    IF to_regclass(counter) IS NULL THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(counter, 0));
        SELECT COALESCE(max(
            substring(number FROM '^' || year || '-([0-9]{1,9})$')::bigint), 0) + 1
        INTO given
        FROM issue WHERE issue.jurisdiction_id = next_issue_number.jurisdiction_id;
        -- Who waited for the lock may still remember that there was no sequence: an advisory lock
        -- brings no news of the catalogue, making a relation does.
        EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %I START %s', counter, given);
    END IF;
    given := nextval(counter::regclass);
    RETURN year || '-' || lpad(given::text, GREATEST(6, length(given::text)), '0');
END $$;

-- The counters of a jurisdiction go with it.
CREATE OR REPLACE FUNCTION drop_issue_counters() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    counter regclass;
BEGIN
    FOR counter IN
        SELECT oid FROM pg_class
        WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
          AND relname ~ ('^issue_number_' || OLD.id || '_[0-9]+$')
    LOOP
        EXECUTE format('DROP SEQUENCE %s', counter);
    END LOOP;
    RETURN OLD;
END $$;

CREATE OR REPLACE TRIGGER drop_issue_counters AFTER DELETE ON jurisdiction
FOR EACH ROW EXECUTE FUNCTION drop_issue_counters();

-- The answer that was given under the digest of an idempotency key: only who has the key asks.
CREATE OR REPLACE FUNCTION answer_given(key_sha256 text)
RETURNS TABLE (request_sha256 bytea, response jsonb)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1 AS $$
    SELECT request_sha256, response FROM idempotency_key WHERE key = key_sha256
$$;

-- The accounts that the asker, as an administrator or auditor, has before them: those with a role in
-- the same jurisdictions; all of them where the asker's are all.
CREATE OR REPLACE FUNCTION asker_accounts() RETURNS SETOF bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    reader CONSTANT bigint := asker_account();
BEGIN
    IF reader IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT account.id FROM account
    WHERE EXISTS (
        SELECT FROM account_role AS mine
        WHERE mine.account_id = reader
          AND mine.role IN ('auditor', 'administrator')
          AND (mine.jurisdiction IS NULL OR EXISTS (
              SELECT FROM account_role AS theirs
              WHERE theirs.account_id = account.id AND theirs.jurisdiction = mine.jurisdiction)));
END $$;
