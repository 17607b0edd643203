-- What is near, and following it (关注) in place of reporting it again. Residents are shown what
-- somebody at work has made public, and never where exactly it is.

-- Private is what the duty is now, and what it was in the version that the case is judged by.
CREATE OR REPLACE FUNCTION shown_to_all(given issue) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT given.public AND NOT EXISTS (
        SELECT FROM duty LEFT JOIN duty_version AS version
          ON version.duty_id = duty.id AND version.number = given.duty_version
        WHERE duty.id = given.duty_id AND (duty.private OR version.private))
$$;

-- How many follow an issue, and no more of them.
CREATE OR REPLACE FUNCTION follower_count(issue_id uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT count(*)::integer FROM issue_follower AS one
    WHERE one.issue_id = follower_count.issue_id
$$;

-- The issues around a position with their distances in metres: to where they are, or to the building
-- that they name, whichever is nearer. Positions may be coarsened to some degrees before.
CREATE OR REPLACE FUNCTION issues_around(
    lon float8, lat float8, radius_m float8, coarse_deg float8 DEFAULT 0
) RETURNS TABLE (issue_id uuid, distance_m float8)
LANGUAGE sql STABLE AS $$
    WITH asked AS MATERIALIZED (
        SELECT ST_SetSRID(ST_MakePoint(lon, lat), 4326)::geography AS point,
               ST_MakeEnvelope(
                   lon - high / greatest(cos(radians(lat)), 0.01), lat - high,
                   lon + high / greatest(cos(radians(lat)), 0.01), lat + high, 4326) AS box
        FROM (SELECT radius_m / 110000 + coarse_deg AS high) AS reach
    ), near AS (
        SELECT issue.id, issue.location AS place
        FROM asked JOIN issue ON issue.location && asked.box
        UNION ALL
        SELECT issue.id, building.site
        FROM asked
        JOIN building ON building.site && asked.box
        JOIN unit ON unit.building_id = building.id
        JOIN issue ON issue.unit_id = unit.id
    )
    SELECT id, min(ST_Distance(ST_SnapToGrid(place, coarse_deg)::geography, asked.point))
    FROM near CROSS JOIN asked
    GROUP BY id
    HAVING min(ST_Distance(ST_SnapToGrid(place, coarse_deg)::geography, asked.point)) <= radius_m
$$;

-- The open issues around a position, nearest first, for whoever may see them.
CREATE OR REPLACE FUNCTION open_issues_near(
    lon float8, lat float8, radius_m float8, duty_code text, slug text, ended text[], most integer,
    public_only boolean DEFAULT false
) RETURNS TABLE (
    id uuid, number text, state text, told text, occurred_at timestamptz, timezone text,
    distance_m float8, code text, name text, name_en text, photos integer[], followers integer)
LANGUAGE sql STABLE AS $$
    SELECT issue.id, issue.number, issue.state, CASE WHEN kept.open THEN issue.text END,
           issue.occurred_at, home.timezone, near.distance_m, duty.code, duty.name, duty.name_en,
           CASE WHEN kept.open THEN ARRAY(
               SELECT position FROM issue_photo AS photo
               WHERE photo.issue_id = issue.id ORDER BY position) ELSE '{}' END,
           follower_count(issue.id)
    FROM issues_around(lon, lat, radius_m, CASE WHEN public_only THEN 0.0002 ELSE 0 END) AS near
    JOIN issue ON issue.id = near.issue_id
    JOIN jurisdiction AS home ON home.id = issue.jurisdiction_id
    LEFT JOIN duty ON duty.id = issue.duty_id
    CROSS JOIN LATERAL (
        SELECT NOT COALESCE(duty.private, false) OR asker_works_on(issue.id) AS open) AS kept
    WHERE issue.state <> ALL (ended)
      AND (duty_code IS NULL OR duty.code = duty_code)
      AND (open_issues_near.slug IS NULL OR home.slug = open_issues_near.slug)
      AND (NOT public_only OR shown_to_all(issue))
    ORDER BY near.distance_m, issue.number
    LIMIT most
$$;

CREATE OR REPLACE FUNCTION public_issues_near(
    lon float8, lat float8, radius_m float8, duty_code text, slug text, ended text[], most integer
) RETURNS TABLE (
    id uuid, number text, state text, told text, occurred_at timestamptz, timezone text,
    distance_m float8, code text, name text, name_en text, photos integer[], followers integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT * FROM open_issues_near(lon, lat, radius_m, duty_code, slug, ended, most, true)
$$;

-- A photo of an issue that is public.
CREATE OR REPLACE FUNCTION public_photo(issue_id uuid, place integer)
RETURNS TABLE (number text, media_type text, content bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp ROWS 1 AS $$
    SELECT issue.number, photo.media_type, photo.content
    FROM issue JOIN issue_photo AS photo ON photo.issue_id = issue.id
    WHERE issue.id = public_photo.issue_id AND photo.position = place AND shown_to_all(issue)
$$;

-- Follows an issue: residents with the digest of a secret, where it is public; accounts whose work is
-- on it once each. Returns its number; nothing where there is none that the asker may follow.
CREATE OR REPLACE FUNCTION follow_issue(
    issue_id uuid, secret_sha256 bytea, called text, phone text, told text
) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    account CONSTANT bigint := asker_account();
    followed issue;
BEGIN
    SELECT * INTO followed FROM issue WHERE id = follow_issue.issue_id;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF NOT (CASE WHEN account IS NULL THEN asker_kind() = 'resident' AND shown_to_all(followed)
                 ELSE asker_works_on(follow_issue.issue_id) END)
    THEN
        RETURN NULL;
    END IF;
    INSERT INTO issue_follower (issue_id, follow_sha256, account_id, name, phone, text)
    VALUES (follow_issue.issue_id, CASE WHEN account IS NULL THEN secret_sha256 END, account,
            called, follow_issue.phone, told)
    ON CONFLICT (issue_id, account_id) DO NOTHING;
    RETURN followed.number;
END $$;
