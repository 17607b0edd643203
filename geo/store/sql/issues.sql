-- Issues keep what was reported, closed ones stay where they are, and history is only added to;
-- words alone give way when a person's details are erased.

-- Grid, duty and department of an issue are of its own jurisdiction: nobody sends it elsewhere.
CREATE OR REPLACE FUNCTION issue_at_home(given issue) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF (given.current_grid_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM grid WHERE id = given.current_grid_id
                               AND jurisdiction_id = given.jurisdiction_id))
        OR (given.duty_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM duty WHERE id = given.duty_id
                               AND jurisdiction_id = given.jurisdiction_id))
        OR (given.department_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM department WHERE id = given.department_id
                                     AND jurisdiction_id = given.jurisdiction_id))
    THEN
        RAISE EXCEPTION 'issue %: its grid, duty or department is another jurisdiction''s',
            given.number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'issue_jurisdiction';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION issue_updated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NEW.text <> OLD.text AND erasing() THEN
        OLD.text := NEW.text;
    END IF;
    IF (NEW.id, NEW.jurisdiction_id, NEW.number, NEW.text, NEW.given_datum, NEW.accuracy_m,
        NEW.unit_id, NEW.occurred_at, NEW.received_at, NEW.method, NEW.distance_m, NEW.confident,
        NEW.reported_generation_id, NEW.reported_grid_id, NEW.nearest_grid_id, NEW.source)
       IS DISTINCT FROM
       (OLD.id, OLD.jurisdiction_id, OLD.number, OLD.text, OLD.given_datum, OLD.accuracy_m,
        OLD.unit_id, OLD.occurred_at, OLD.received_at, OLD.method, OLD.distance_m, OLD.confident,
        OLD.reported_generation_id, OLD.reported_grid_id, OLD.nearest_grid_id, OLD.source)
       OR ST_AsBinary(NEW.location) IS DISTINCT FROM ST_AsBinary(OLD.location)
    THEN
        RAISE EXCEPTION 'issue %: what was reported never changes', OLD.number
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issue_as_reported';
    END IF;
    IF OLD.closed_at IS NOT NULL AND (
        NEW.current_grid_id IS DISTINCT FROM OLD.current_grid_id
        OR (NEW.closed_at IS NOT NULL AND NEW.closed_at <> OLD.closed_at)
    ) THEN
        RAISE EXCEPTION 'issue % is closed: it never moves', OLD.number
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issue_closed';
    END IF;
    IF (NEW.current_grid_id, NEW.duty_id, NEW.department_id)
       IS DISTINCT FROM (OLD.current_grid_id, OLD.duty_id, OLD.department_id)
    THEN
        PERFORM issue_at_home(NEW);
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER issue_updated BEFORE UPDATE ON issue
FOR EACH ROW EXECUTE FUNCTION issue_updated();

-- An issue is routed inside its own jurisdiction, by the generation in force when it occurred.
CREATE OR REPLACE FUNCTION issue_inserted() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    routed_by generation;
BEGIN
    PERFORM issue_at_home(NEW);
    IF NEW.reported_generation_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT * INTO routed_by FROM generation WHERE id = NEW.reported_generation_id;
    IF FOUND AND routed_by.jurisdiction_id <> NEW.jurisdiction_id THEN
        RAISE EXCEPTION 'issue %: generation % is another jurisdiction''s',
            NEW.number, routed_by.label
            USING ERRCODE = 'check_violation', CONSTRAINT = 'issue_jurisdiction';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER issue_inserted BEFORE INSERT ON issue
FOR EACH ROW EXECUTE FUNCTION issue_inserted();

-- Events go only with their issue: when the cascade gets here, the issue's row is gone already.
CREATE OR REPLACE FUNCTION issue_event_kept() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM FROM issue WHERE id = OLD.issue_id;
        IF NOT FOUND THEN
            RETURN OLD;
        END IF;
    END IF;
    IF TG_OP = 'UPDATE' AND erasing() THEN
        OLD.actor := NEW.actor;
        OLD.note := NEW.note;
        OLD.detail := NEW.detail;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'the history of an issue is only added to'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issue_event_append_only';
END $$;

CREATE OR REPLACE TRIGGER issue_event_kept BEFORE UPDATE OR DELETE ON issue_event
FOR EACH ROW EXECUTE FUNCTION issue_event_kept();

-- Where an issue is when something happens to it. A redraw, which moves it in the same statement,
-- says itself where it was.
CREATE OR REPLACE FUNCTION issue_event_jurisdiction() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    redrawn CONSTANT uuid := CASE WHEN NEW.action = 'redraw' THEN NEW.from_grid_id END;
BEGIN
    SELECT jurisdiction_id, current_grid_id, department_id
    INTO NEW.jurisdiction_id, NEW.from_grid_id, NEW.from_department_id
    FROM issue WHERE id = NEW.issue_id;
    NEW.from_grid_id := COALESCE(redrawn, NEW.from_grid_id);
    IF NEW.sequence = 1 THEN
        NEW.from_grid_id := NULL;
        NEW.from_department_id := NULL;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE TRIGGER issue_event_jurisdiction BEFORE INSERT ON issue_event
FOR EACH ROW EXECUTE FUNCTION issue_event_jurisdiction();
