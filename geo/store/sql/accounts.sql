-- Accounts: the service reaches passwords, sessions and tokens by these functions alone. They run
-- as the owner, and look by themselves at who is asking.

-- The owner of the database works by commands; the service's login is no member of that role.
CREATE OR REPLACE FUNCTION asked_by_owner() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT pg_has_role(session_user, current_user, 'MEMBER')
$$;

CREATE OR REPLACE FUNCTION acting_account() RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM account
    WHERE current_setting('hongge.asker', true) = 'account'
      AND id = nullif(current_setting('hongge.account_id', true), '')::bigint
      AND disabled_at IS NULL
$$;

CREATE OR REPLACE FUNCTION acting_name() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(
        (SELECT name FROM account WHERE id = acting_account()),
        nullif(current_setting('hongge.actor', true), ''),
        'command'
    )
$$;

-- Signing in ---------------------------------------------------------------------------------

-- A try counts as failed from the start, so that many at once can't outrun the counting.
--
-- Its source is the browser where that is known for the account, else the address. Each name and
-- source has its own pace; unknown sources also share one for the account and one for the address.
-- So whoever hammers on an account slows down new places, and nobody who has been here before.
CREATE OR REPLACE FUNCTION sign_in_begun(
    typed_name text, name_digest text, from_address text, browser bytea,
    OUT attempt bigint, OUT wait_s double precision,
    OUT account_id bigint, OUT password_hash text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    pair_free CONSTANT int := 5;
    pair_first_s CONSTANT int := 10;
    pair_most_s CONSTANT int := 900;
    address_free CONSTANT int := 30;
    address_s CONSTANT int := 10;
    account_free CONSTANT int := 30;
    account_s CONSTANT int := 30;
    counted CONSTANT interval := '1 hour';
    source text := from_address;
    known boolean := false;
    now_at timestamptz;
    failures int;
    latest timestamptz;
    open_at timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(1751084387, hashtext(name_digest));
    PERFORM pg_advisory_xact_lock(1751084388, hashtext(from_address));
    now_at := clock_timestamp();
    open_at := now_at;
    SELECT a.id, a.password_hash INTO account_id, password_hash FROM account a
    WHERE lower(a.name) = lower(typed_name) AND a.disabled_at IS NULL;
    IF browser IS NOT NULL AND EXISTS (
        SELECT FROM account_browser b
        WHERE b.account_id = sign_in_begun.account_id AND b.token_sha256 = browser
    ) THEN
        source := 'browser:' || encode(browser, 'hex');
        known := true;
    END IF;

    SELECT count(*), max(t.at) INTO failures, latest FROM login_attempt t
    WHERE t.name = name_digest AND t.address = source AND NOT t.succeeded
      AND t.at > greatest(now_at - counted, (
          SELECT max(s.at) FROM login_attempt s
          WHERE s.name = name_digest AND s.address = source AND s.succeeded
      ));
    IF failures >= pair_free THEN
        open_at := greatest(open_at, latest + make_interval(
            secs => least(pair_first_s * 2 ^ least(failures - pair_free, 20), pair_most_s)
        ));
    END IF;

    IF NOT known THEN
        SELECT count(*), max(t.at) INTO failures, latest FROM login_attempt t
        WHERE t.address = from_address AND NOT t.succeeded AND t.at > now_at - counted / 4;
        IF failures >= address_free THEN
            open_at := greatest(open_at, latest + make_interval(secs => address_s));
        END IF;
        known := EXISTS (
            SELECT FROM login_attempt t
            WHERE t.name = name_digest AND t.address = from_address AND t.succeeded
        );
    END IF;
    IF NOT known THEN
        SELECT count(*), max(t.at) INTO failures, latest FROM login_attempt t
        WHERE t.name = name_digest AND NOT t.succeeded AND t.at > now_at - counted
          AND t.address NOT LIKE 'browser:%';
        IF failures >= account_free THEN
            open_at := greatest(open_at, latest + make_interval(secs => account_s));
        END IF;
    END IF;

    wait_s := greatest(0, extract(epoch FROM open_at - now_at));
    IF wait_s > 0 THEN
        account_id := NULL;
        password_hash := NULL;
        RETURN;
    END IF;
    INSERT INTO login_attempt (name, address, succeeded)
    VALUES (name_digest, source, false) RETURNING id INTO attempt;
END $$;

-- What is noted of a success lets the next sign-in from there go at its own pace.
CREATE OR REPLACE FUNCTION sign_in_succeeded(
    done bigint, for_account bigint, from_address text, browser bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE login_attempt SET succeeded = true, at = clock_timestamp() WHERE id = done;
    INSERT INTO login_attempt (name, address, succeeded)
    SELECT name, from_address, true FROM login_attempt WHERE id = done AND address <> from_address;
    INSERT INTO account_browser (account_id, token_sha256) VALUES (for_account, browser)
    ON CONFLICT (account_id, token_sha256) DO UPDATE SET seen_at = clock_timestamp();
    DELETE FROM sign_in_flow WHERE expires_at < clock_timestamp();
END $$;

-- The rest of the transaction is the account's.
CREATE OR REPLACE FUNCTION sign_in_noted(of_account bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('hongge.asker', 'account', true),
        set_config('hongge.account_id', of_account::text, true);
    PERFORM audit_note('sign_in', 'account', of_account::text);
END $$;

DROP FUNCTION IF EXISTS accounts_tidied();

CREATE OR REPLACE FUNCTION password_rehashed(
    of_account bigint, old_hash text, new_hash text
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    UPDATE account SET password_hash = new_hash WHERE id = of_account AND password_hash = old_hash
$$;

-- Sessions -----------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION session_opened(
    for_account bigint, token bytea, csrf text, lasting_s double precision,
    from_address text, with_agent text, in_place_of bytea
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM account_session WHERE token_sha256 = in_place_of;
    INSERT INTO account_session
        (token_sha256, account_id, csrf_token, expires_at, address, agent)
    SELECT token, id, csrf, clock_timestamp() + make_interval(secs => lasting_s),
        from_address, with_agent
    FROM account WHERE id = for_account AND disabled_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % may not sign in', for_account
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

-- The time of use is written once a minute, so that reading a page seldom writes.
CREATE OR REPLACE FUNCTION session_holder(token bytea, idle_s double precision)
RETURNS TABLE (
    account_id bigint, name text, display_name text, must_change_password boolean,
    demonstration boolean, roles text[], csrf_token text
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_session account_session;
BEGIN
    SELECT * INTO found_session FROM account_session s
    WHERE s.token_sha256 = token
      AND s.expires_at > clock_timestamp()
      AND s.last_seen_at > clock_timestamp() - make_interval(secs => idle_s);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF found_session.last_seen_at < clock_timestamp() - interval '1 minute' THEN
        UPDATE account_session SET last_seen_at = clock_timestamp() WHERE token_sha256 = token;
    END IF;
    RETURN QUERY SELECT a.id, a.name, a.display_name, a.must_change_password, a.demonstration,
        account_roles(a.id), found_session.csrf_token
    FROM account a WHERE a.id = found_session.account_id AND a.disabled_at IS NULL;
END $$;

-- Whether a session still holds; asking is no use of it, and keeps nobody signed in.
CREATE OR REPLACE FUNCTION session_holds(token bytea, idle_s double precision) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM account_session s JOIN account a ON a.id = s.account_id
        WHERE s.token_sha256 = token AND a.disabled_at IS NULL
          AND s.expires_at > clock_timestamp()
          AND s.last_seen_at > clock_timestamp() - make_interval(secs => idle_s));
END $$;

CREATE OR REPLACE FUNCTION account_roles(of_account bigint) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(array_agg(DISTINCT role ORDER BY role), '{}') FROM account_role
    WHERE account_id = of_account
$$;

CREATE OR REPLACE FUNCTION session_ended(token bytea) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM account_session WHERE token_sha256 = token
$$;

-- A session is named by a digest of what is kept of it, which lets nobody in.
CREATE OR REPLACE FUNCTION own_sessions()
RETURNS TABLE (
    key text, token_sha256 bytea, created_at timestamptz, last_seen_at timestamptz,
    expires_at timestamptz, address text, agent text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT encode(sha256(s.token_sha256), 'hex'), s.token_sha256, s.created_at, s.last_seen_at,
        s.expires_at, s.address, s.agent
    FROM account_session s
    WHERE s.account_id = acting_account() AND s.expires_at > clock_timestamp()
    ORDER BY s.last_seen_at DESC
$$;

CREATE OR REPLACE FUNCTION own_session_ended(wanted text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM account_session
    WHERE account_id = acting_account() AND encode(sha256(token_sha256), 'hex') = wanted;
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION own_sessions_ended() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DELETE FROM account_session WHERE account_id = acting_account()
$$;

-- One's own account --------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION own_password_hash() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT password_hash FROM account WHERE id = acting_account()
$$;

-- Ends every session: the flow opens a new one for the browser at hand.
CREATE OR REPLACE FUNCTION own_password_changed(new_hash text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE account SET password_hash = new_hash, password_changed_at = clock_timestamp(),
        must_change_password = false
    WHERE id = acting_account();
    IF NOT FOUND THEN
        RAISE EXCEPTION 'nobody is signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM own_sessions_ended();
END $$;

-- Every role of an account with its territory, by the generation in force.
CREATE OR REPLACE FUNCTION role_territories(of_account bigint)
RETURNS TABLE (
    id bigint, role text, jurisdiction text, jurisdiction_name text, jurisdiction_name_en text,
    place text, place_code text, place_name text, place_name_en text
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT r.id, r.role, r.jurisdiction, j.name, j.name_en, r.place, p.code, p.name, p.name_en
    FROM account_role r
    LEFT JOIN jurisdiction j ON j.slug = r.jurisdiction
    LEFT JOIN LATERAL (
        SELECT s.code, s.name, s.name_en FROM street s
        WHERE r.role = 'street_dispatcher' AND s.jurisdiction_id = j.id AND s.code = r.place
        UNION ALL
        SELECT c.code, c.name, c.name_en FROM community c JOIN street s ON s.id = c.street_id
        WHERE r.role = 'community_staff' AND s.jurisdiction_id = j.id AND c.code = r.place
        UNION ALL
        SELECT d.code, d.name, d.name_en FROM department d
        WHERE r.role = 'department_handler' AND d.jurisdiction_id = j.id AND d.code = r.place
        UNION ALL
        SELECT v.code, v.name, v.name_en FROM grid_version v
        JOIN generation g ON g.id = v.generation_id AND g.jurisdiction_id = j.id
        WHERE r.role = 'grid_worker' AND v.grid_id::text = r.place
          AND g.validity @> clock_timestamp()
        LIMIT 1
    ) p ON true
    WHERE r.account_id = of_account
      AND (asked_by_owner() OR of_account = acting_account() OR sees_account(of_account))
    ORDER BY r.id
$$;

-- Tokens of programs -------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION own_token_made(
    with_name text, token bytea, with_scopes text[], lasting_s double precision
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    INSERT INTO api_token (account_id, name, token_sha256, scopes, expires_at)
    VALUES (acting_account(), with_name, token, with_scopes,
        clock_timestamp() + make_interval(secs => lasting_s))
    RETURNING id INTO made;
    RETURN made;
END $$;

CREATE OR REPLACE FUNCTION own_tokens()
RETURNS TABLE (
    id bigint, name text, scopes text[], created_at timestamptz, expires_at timestamptz,
    last_used_at timestamptz, revoked_at timestamptz
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.id, t.name, t.scopes, t.created_at, t.expires_at, t.last_used_at, t.revoked_at
    FROM api_token t WHERE t.account_id = acting_account() ORDER BY t.id DESC
$$;

CREATE OR REPLACE FUNCTION own_token_revoked(wanted bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE api_token SET revoked_at = clock_timestamp()
    WHERE account_id = acting_account() AND id = wanted AND revoked_at IS NULL;
    RETURN FOUND;
END $$;

CREATE OR REPLACE FUNCTION token_holder(token bytea)
RETURNS TABLE (
    account_id bigint, name text, display_name text, must_change_password boolean,
    demonstration boolean, roles text[], scopes text[]
)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    found_token api_token;
BEGIN
    SELECT * INTO found_token FROM api_token t
    WHERE t.token_sha256 = token AND t.revoked_at IS NULL AND t.expires_at > clock_timestamp();
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF found_token.last_used_at IS NULL
       OR found_token.last_used_at < clock_timestamp() - interval '1 minute' THEN
        UPDATE api_token SET last_used_at = clock_timestamp() WHERE id = found_token.id;
    END IF;
    RETURN QUERY SELECT a.id, a.name, a.display_name, a.must_change_password, a.demonstration,
        account_roles(a.id), found_token.scopes
    FROM account a WHERE a.id = found_token.account_id AND a.disabled_at IS NULL;
END $$;

-- OpenID Connect -----------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION flow_begun(
    state bytea, with_nonce text, verifier text, then_to text, lasting_s double precision
) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    INSERT INTO sign_in_flow (state_sha256, nonce, code_verifier, next, expires_at)
    VALUES (state, with_nonce, verifier, then_to,
        clock_timestamp() + make_interval(secs => lasting_s))
$$;

-- A flow is good for one return: it is gone once taken.
CREATE OR REPLACE FUNCTION flow_taken(state bytea)
RETURNS TABLE (nonce text, code_verifier text, next text)
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH taken AS (DELETE FROM sign_in_flow WHERE state_sha256 = state RETURNING *)
    SELECT t.nonce, t.code_verifier, t.next FROM taken t WHERE t.expires_at > clock_timestamp()
$$;

-- The account of a subject: the linked one; else the one of that name, which is linked from now
-- on; else a new one without any role, where the settings say so.
CREATE OR REPLACE FUNCTION identity_account(
    at_issuer text, with_subject text, named text, shown_as text, may_create boolean
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    holder bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(1751084389, hashtext(at_issuer || ' ' || with_subject));
    SELECT i.account_id INTO holder FROM account_identity i
    WHERE i.issuer = at_issuer AND i.subject = with_subject;
    IF FOUND THEN
        RETURN (SELECT a.id FROM account a WHERE a.id = holder AND a.disabled_at IS NULL);
    END IF;
    SELECT a.id INTO holder FROM account a
    WHERE lower(a.name) = lower(named) AND a.disabled_at IS NULL AND NOT a.demonstration
      AND NOT EXISTS (
          SELECT FROM account_identity i WHERE i.account_id = a.id AND i.issuer = at_issuer
      );
    IF NOT FOUND THEN
        IF NOT may_create OR named IS NULL OR named !~ '^[^[:space:]]{1,64}$'
           OR EXISTS (SELECT FROM account a WHERE lower(a.name) = lower(named)) THEN
            RETURN NULL;
        END IF;
        INSERT INTO account (name, display_name, created_by)
        VALUES (named, shown_as, 'openid') RETURNING id INTO holder;
    END IF;
    INSERT INTO account_identity (issuer, subject, account_id)
    VALUES (at_issuer, with_subject, holder);
    RETURN holder;
END $$;

-- Administration -----------------------------------------------------------------------------

-- Whether the one who asks administers a jurisdiction; NULL stands for all of them.
CREATE OR REPLACE FUNCTION administers(wanted text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT asked_by_owner() OR EXISTS (
        SELECT FROM account_role r
        WHERE r.account_id = acting_account() AND r.role = 'administrator'
          AND (r.jurisdiction IS NULL OR r.jurisdiction = wanted)
    )
$$;

-- An account with a role in one's jurisdiction, or that one has made, is seen.
CREATE OR REPLACE FUNCTION sees_account(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT administers(NULL)
        OR EXISTS (
            SELECT FROM account_role r
            WHERE r.account_id = wanted AND r.jurisdiction IS NOT NULL
              AND administers(r.jurisdiction)
        )
        OR (
            EXISTS (
                SELECT FROM account_role r
                WHERE r.account_id = acting_account() AND r.role = 'administrator'
            )
            AND EXISTS (
                SELECT FROM account a WHERE a.id = wanted AND a.created_by = acting_name()
                  AND NOT EXISTS (SELECT FROM account_role r WHERE r.account_id = a.id)
            )
        )
$$;

-- It is changed by whom every one of its roles is under.
CREATE OR REPLACE FUNCTION changes_account(wanted bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT sees_account(wanted) AND NOT EXISTS (
        SELECT FROM account_role r WHERE r.account_id = wanted AND NOT administers(r.jurisdiction)
    )
$$;

CREATE OR REPLACE FUNCTION expect_account_change(wanted bigint) RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT changes_account(wanted) THEN
        RAISE EXCEPTION 'account % is not yours to change', wanted
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION account_added(
    with_name text, shown_as text, with_hash text, must_change boolean, for_demonstration boolean
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    made bigint;
BEGIN
    IF NOT asked_by_owner() AND (for_demonstration OR NOT EXISTS (
        SELECT FROM account_role r
        WHERE r.account_id = acting_account() AND r.role = 'administrator'
    )) THEN
        RAISE EXCEPTION 'adding accounts is for administrators'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO account
        (name, display_name, password_hash, must_change_password, demonstration, created_by)
    VALUES (with_name, shown_as, with_hash, must_change, for_demonstration, acting_name())
    RETURNING id INTO made;
    RETURN made;
END $$;

CREATE OR REPLACE FUNCTION accounts_seen()
RETURNS TABLE (
    id bigint, name text, display_name text, roles text[], has_password boolean,
    must_change_password boolean, demonstration boolean, created_at timestamptz,
    created_by text, disabled_at timestamptz, changeable boolean
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.name, a.display_name, account_roles(a.id), a.password_hash IS NOT NULL,
        a.must_change_password, a.demonstration, a.created_at, a.created_by, a.disabled_at,
        changes_account(a.id)
    FROM account a WHERE sees_account(a.id) ORDER BY lower(a.name)
$$;

CREATE OR REPLACE FUNCTION account_disabled(wanted bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM expect_account_change(wanted);
    UPDATE account SET disabled_at = coalesce(disabled_at, clock_timestamp()) WHERE id = wanted;
    DELETE FROM account_session WHERE account_id = wanted;
    UPDATE api_token SET revoked_at = clock_timestamp()
    WHERE account_id = wanted AND revoked_at IS NULL;
END $$;

CREATE OR REPLACE FUNCTION account_enabled(wanted bigint) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM expect_account_change(wanted);
    UPDATE account SET disabled_at = NULL WHERE id = wanted;
END $$;

-- Whoever knew the old password is out: sessions, tokens and known browsers go.
CREATE OR REPLACE FUNCTION password_reset(wanted bigint, new_hash text, must_change boolean)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM expect_account_change(wanted);
    UPDATE account SET password_hash = new_hash, must_change_password = must_change,
        password_changed_at = CASE WHEN demonstration AND asked_by_owner() AND NOT must_change
            THEN password_changed_at ELSE clock_timestamp() END
    WHERE id = wanted;
    DELETE FROM account_session WHERE account_id = wanted;
    DELETE FROM account_browser WHERE account_id = wanted;
    UPDATE api_token SET revoked_at = clock_timestamp()
    WHERE account_id = wanted AND revoked_at IS NULL;
END $$;

-- A new role means a new session: what was signed in before signs in again.
CREATE OR REPLACE FUNCTION role_granted(
    wanted bigint, new_role text, in_jurisdiction text, at_place text
) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM expect_account_change(wanted);
    IF NOT administers(in_jurisdiction) THEN
        RAISE EXCEPTION 'roles of % are not yours to grant', in_jurisdiction
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO account_role (account_id, role, jurisdiction, place, granted_by)
    VALUES (wanted, new_role, in_jurisdiction, at_place, acting_name())
    ON CONFLICT DO NOTHING;
    DELETE FROM account_session WHERE account_id = wanted;
END $$;

CREATE OR REPLACE FUNCTION role_revoked(wanted bigint, given bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM account_role r
        WHERE r.id = given AND r.account_id = wanted AND administers(r.jurisdiction)
    ) THEN
        RETURN false;
    END IF;
    DELETE FROM account_role WHERE id = given;
    DELETE FROM account_session WHERE account_id = wanted;
    RETURN true;
END $$;

-- Demonstration accounts belong to made-up cities, whoever grants them what.
CREATE OR REPLACE FUNCTION account_role_checked() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM account WHERE id = NEW.account_id AND demonstration) AND NOT EXISTS (
        SELECT FROM jurisdiction WHERE slug = NEW.jurisdiction AND synthetic
    ) THEN
        RAISE EXCEPTION 'a demonstration account has roles in made-up cities only'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_role_demonstration';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER account_role_checked BEFORE INSERT OR UPDATE ON account_role
FOR EACH ROW EXECUTE FUNCTION account_role_checked();

-- Where a real city takes the name of a made-up one, nobody gets in by the demonstration's logins.
CREATE OR REPLACE FUNCTION demonstration_ended() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    DELETE FROM account_session AS s USING account AS a, account_role AS r
    WHERE a.id = s.account_id AND a.demonstration
      AND r.account_id = a.id AND r.jurisdiction = NEW.slug;
    DELETE FROM account_role AS r USING account AS a
    WHERE a.id = r.account_id AND a.demonstration AND r.jurisdiction = NEW.slug;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER demonstration_ended AFTER INSERT OR UPDATE OF synthetic, slug
ON jurisdiction FOR EACH ROW WHEN (NOT NEW.synthetic) EXECUTE FUNCTION demonstration_ended();

-- Whether the hint for visitors of a demonstration is due.
CREATE OR REPLACE FUNCTION demonstration_accounts() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM account WHERE demonstration AND disabled_at IS NULL)
$$;
