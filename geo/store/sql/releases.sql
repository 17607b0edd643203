-- Releases to the public (公布): what was told once about a period is told for ever. Another table of
-- the same period, from issues that have changed since, would give away who is in the difference.

CREATE OR REPLACE FUNCTION public_release_kept() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was released to the public never changes'
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'public_release_kept';
END $$;

CREATE OR REPLACE TRIGGER public_release_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON public_release
FOR EACH STATEMENT EXECUTE FUNCTION public_release_kept();
CREATE OR REPLACE TRIGGER public_release_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON public_cell
FOR EACH STATEMENT EXECUTE FUNCTION public_release_kept();
