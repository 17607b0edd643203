-- By which of the asker's roles an issue is theirs. Somebody with several roles has each in its own
-- territory: what a role may do or read in one place doesn't carry over to another. An issue that no
-- grid has is the dispatcher's whose street the nearest grid is in, or any dispatcher's where there is
-- none.

CREATE OR REPLACE FUNCTION asker_roles_on(issue_id uuid) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    wanted issue;
    code text;
BEGIN
    SELECT * INTO wanted FROM issue WHERE id = asker_roles_on.issue_id;
    IF NOT FOUND THEN
        RETURN '{}';
    END IF;
    -- As the grid is drawn now, or was last drawn: what asker_case_grids() goes by.
    SELECT version.code INTO code
    FROM generation JOIN grid_version AS version ON version.generation_id = generation.id
    WHERE generation.jurisdiction_id = wanted.jurisdiction_id
      AND lower(generation.validity) <= now() AND version.grid_id = wanted.current_grid_id
    ORDER BY generation.number DESC LIMIT 1;
    RETURN ARRAY(
        SELECT DISTINCT held.role
        FROM account_role AS held
        JOIN jurisdiction ON jurisdiction.id = wanted.jurisdiction_id
         AND (held.jurisdiction IS NULL OR held.jurisdiction = jurisdiction.slug)
        WHERE held.account_id = asker_account() AND (
            held.role IN ('planner', 'auditor', 'administrator')
            OR in_territory(held, wanted.current_grid_id, code)
            OR (held.role = 'department_handler' AND EXISTS (
                SELECT FROM department
                WHERE department.id = wanted.department_id AND department.code = held.place))
            OR (held.role = 'street_dispatcher' AND wanted.current_grid_id IS NULL AND (
                wanted.nearest_grid_id IS NULL
                OR wanted.nearest_grid_id IN (SELECT asker_grids('street_dispatcher')))))
        ORDER BY held.role);
END $$;
