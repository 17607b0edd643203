-- The catalogue of duties (事项清单): amended by administrators, one version after another.

-- Writes a duty of a jurisdiction as `given` says, and returns the number of its version. Without
-- `expected` it is a new duty; else that has to be the version that is amended. What says nothing
-- new makes no version.
--
--   given   name, name_en, kind, department (code), private, answers_first, counts, counts_en,
--           settled, settled_en, deadlines (stage → amount and unit), retired, note
CREATE OR REPLACE FUNCTION amend_duty(
    jurisdiction_id bigint, code text, expected integer, given jsonb
) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    home CONSTANT bigint := amend_duty.jurisdiction_id;
    wanted CONSTANT text := amend_duty.code;
    known duty;
    was duty_version;
    becomes duty_version;
    answering bigint;
BEGIN
    IF home <> ALL (asker_jurisdictions('administrator')) THEN
        RAISE EXCEPTION 'only administrators of the jurisdiction amend its duties'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    SELECT id INTO answering FROM department
    WHERE jurisdiction_id = home AND code = given ->> 'department';
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no department %', given ->> 'department'
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'duty_department';
    END IF;
    SELECT * INTO known FROM duty WHERE jurisdiction_id = home AND code = wanted FOR UPDATE;
    IF expected IS NULL AND known.id IS NOT NULL THEN
        RAISE EXCEPTION 'there is a duty % already', wanted
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'duty_code';
    ELSIF expected IS NULL THEN
        INSERT INTO duty (jurisdiction_id, department_id, code, name, name_en, kind, private, version)
        VALUES (home, answering, wanted, given ->> 'name', given ->> 'name_en', given ->> 'kind',
                (given ->> 'private')::boolean, 0)
        RETURNING * INTO known;
    ELSIF known.id IS NULL THEN
        RAISE EXCEPTION 'there is no duty %', wanted
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'duty_unknown';
    ELSIF known.version <> expected THEN
        RAISE EXCEPTION 'duty % is at version %', wanted, known.version
            USING ERRCODE = 'restrict_violation', CONSTRAINT = 'duty_version_expected';
    END IF;
    SELECT * INTO was FROM duty_version WHERE duty_id = known.id AND number = known.version;
    becomes := jsonb_populate_record(was, given);
    becomes.duty_id := known.id;
    becomes.department_id := answering;
    IF was.duty_id IS NOT NULL AND (to_jsonb(becomes) - 'note') = (to_jsonb(was) - 'note') THEN
        RETURN known.version;
    END IF;
    becomes.number := known.version + 1;
    becomes.made_by := audit_actor();
    becomes.made_at := clock_timestamp();
    INSERT INTO duty_version SELECT becomes.*;
    UPDATE duty SET department_id = answering, name = becomes.name, name_en = becomes.name_en,
        kind = becomes.kind, private = becomes.private, version = becomes.number,
        retired_at = CASE WHEN becomes.retired THEN COALESCE(retired_at, becomes.made_at) END
    WHERE id = known.id;
    DELETE FROM duty_deadline WHERE duty_id = known.id AND NOT becomes.deadlines ? stage;
    INSERT INTO duty_deadline (duty_id, stage, amount, unit)
    SELECT known.id, key, (value ->> 'amount')::integer, value ->> 'unit'
    FROM jsonb_each(becomes.deadlines)
    ON CONFLICT (duty_id, stage) DO UPDATE SET amount = excluded.amount, unit = excluded.unit
    WHERE (duty_deadline.amount, duty_deadline.unit) <> (excluded.amount, excluded.unit);
    RETURN becomes.number;
END $$;

-- A version never changes: cases are judged by it. It goes with its duty.
CREATE OR REPLACE FUNCTION duty_version_kept() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a version of a duty never changes'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'duty_version_kept';
END $$;

CREATE OR REPLACE TRIGGER duty_version_kept BEFORE UPDATE ON duty_version
FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION duty_version_kept();
