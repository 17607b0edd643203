-- Personal data: what may be erased although it never changes otherwise.

-- Whether this transaction erases a person's details: only somebody with the owner's own login can
-- say so. What was reported, histories and published plans then give up words, and nothing else.
CREATE OR REPLACE FUNCTION erasing() RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT COALESCE(current_setting('hongge.erasing', true), '') = 'on'
       AND pg_has_role(session_user, relowner, 'MEMBER')
    FROM pg_class WHERE oid = 'issue'::regclass
$$;
