-- Who reported a duplicate hears what becomes of the issue that stays: those who work on the
-- duplicate merge the two, wherever the other one is.

CREATE OR REPLACE FUNCTION merge_followers(duplicate uuid, original uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT asker_works_on(duplicate) THEN
        RAISE EXCEPTION 'issue % is somebody else''s work', duplicate
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO issue_follower (issue_id, follow_sha256, name, phone)
    SELECT original, issue.follow_sha256, reporter.name, reporter.phone
    FROM issue LEFT JOIN issue_reporter AS reporter ON reporter.issue_id = issue.id
    WHERE issue.id = duplicate AND issue.follow_sha256 IS NOT NULL
    ON CONFLICT (follow_sha256) DO UPDATE SET issue_id = EXCLUDED.issue_id;
    UPDATE issue_follower AS moved SET issue_id = original
    WHERE moved.issue_id = duplicate
      AND NOT EXISTS (SELECT FROM issue_follower AS there
                      WHERE there.issue_id = original AND there.account_id = moved.account_id);
END $$;

CREATE OR REPLACE FUNCTION part_followers(duplicate uuid, original uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF NOT asker_works_on(duplicate) THEN
        RAISE EXCEPTION 'issue % is somebody else''s work', duplicate
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM issue_follower
    WHERE issue_id = original
      AND follow_sha256 = (SELECT follow_sha256 FROM issue WHERE id = duplicate);
END $$;
