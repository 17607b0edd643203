-- Streets, communities and the jurisdiction: codes that nest, areas that nest.

-- A community's code begins with its street's, and its area lies inside the jurisdiction's.
CREATE OR REPLACE FUNCTION check_communities(community_ids bigint[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT community.code, left(community.code, 9) <> street.code AS misnamed
    INTO wrong
    FROM community
    JOIN street ON street.id = community.street_id
    JOIN jurisdiction ON jurisdiction.id = street.jurisdiction_id
    WHERE community.id = ANY (community_ids)
      AND NOT (
          left(community.code, 9) = street.code
          AND lies_in(community.area, jurisdiction.area, jurisdiction.metric_srid)
      )
    LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    ELSIF wrong.misnamed THEN
        RAISE EXCEPTION 'the code of community % does not begin with its street''s', wrong.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'community_street_code';
    END IF;
    RAISE EXCEPTION 'community % does not lie inside its jurisdiction', wrong.code
        USING ERRCODE = 'check_violation', CONSTRAINT = 'community_in_jurisdiction';
END $$;

CREATE OR REPLACE FUNCTION communities_written() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM check_communities(array_agg(id)) FROM written;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER communities_inserted AFTER INSERT ON community
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION communities_written();

-- A community that changes keeps its grids of today and to come inside it.
CREATE OR REPLACE FUNCTION communities_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM check_communities(array_agg(id)) FROM written;
    PERFORM check_grids_nested(array_agg(version.generation_id), array_agg(version.grid_id))
    FROM written
    JOIN grid_version AS version ON version.community_id = written.id
    JOIN generation ON generation.id = version.generation_id
    WHERE upper_inf(generation.validity) OR upper(generation.validity) > clock_timestamp();
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER communities_updated AFTER UPDATE ON community
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION communities_changed();

CREATE OR REPLACE FUNCTION jurisdictions_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM check_communities(array_agg(community.id))
    FROM written
    JOIN street ON street.jurisdiction_id = written.id
    JOIN community ON community.street_id = street.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER jurisdictions_updated AFTER UPDATE ON jurisdiction
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION jurisdictions_changed();

CREATE OR REPLACE FUNCTION streets_changed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM check_communities(array_agg(community.id))
    FROM written JOIN community ON community.street_id = written.id;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER streets_updated AFTER UPDATE ON street
REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION streets_changed();
