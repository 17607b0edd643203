-- Row-level security (行级安全): which rows there are for whoever is asking.
--
-- A table without a policy here is either public or closed to the service; which, and what every
-- role may do, says the table of permissions that the grants are made from.
--
-- Large tables are read by people with a small territory and by people with all of it, by one plan
-- for both. So each alternative has an index: the planner brings together what they find, and who
-- reads all gets all by `key >= 0`, of which a third is expected. A list of keys is taken for ten.

DO $$
DECLARE
    known record;
BEGIN
    FOR known IN SELECT tablename, policyname FROM pg_policies WHERE schemaname = 'public' LOOP
        EXECUTE format('DROP POLICY %I ON %I', known.policyname, known.tablename);
    END LOOP;
END $$;

-- Grids: everybody reads them, planners draw them.

ALTER TABLE generation ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON generation FOR SELECT USING (true);
CREATE POLICY drawing ON generation FOR INSERT
    WITH CHECK (jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));
CREATE POLICY succeeding ON generation FOR UPDATE
    USING (jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));

ALTER TABLE grid ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON grid FOR SELECT USING (true);
CREATE POLICY drawing ON grid FOR INSERT
    WITH CHECK (jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));

ALTER TABLE grid_version ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON grid_version FOR SELECT USING (true);
CREATE POLICY drawing ON grid_version FOR INSERT WITH CHECK (
    generation_id IN (SELECT id FROM generation WHERE generation.jurisdiction_id
                      = ANY ((SELECT asker_jurisdictions('planner'))::bigint[])));

-- Branches are public, and named by generations that come into force: nobody writes them.
ALTER TABLE party_branch DISABLE ROW LEVEL SECURITY;

-- Drafts of plans: planners work on them; the log is added to by a trigger that knows who asks, and
-- the review goes through a function.

ALTER TABLE plan_draft ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_draft FOR SELECT USING (id IN (SELECT asker_drafts())
    OR (created_by = (SELECT asker_account())
        AND jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[])));
CREATE POLICY drafting ON plan_draft FOR INSERT WITH CHECK (
    state = 'open' AND version = 0 AND generation_id IS NULL AND reviewed_version IS NULL
    AND jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));
CREATE POLICY naming ON plan_draft FOR UPDATE
    USING (jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));

ALTER TABLE plan_cell ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_cell FOR SELECT USING (draft_id IN (SELECT asker_drafts()));
CREATE POLICY drafting ON plan_cell FOR INSERT
    WITH CHECK (draft_id IN (SELECT asker_planned_drafts()));

ALTER TABLE plan_grid ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_grid FOR SELECT USING (draft_id IN (SELECT asker_drafts()));
CREATE POLICY drafting ON plan_grid FOR INSERT
    WITH CHECK (draft_id IN (SELECT asker_planned_drafts()));

ALTER TABLE plan_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_entry FOR SELECT USING (draft_id IN (SELECT asker_drafts()));
CREATE POLICY editing ON plan_entry FOR INSERT
    WITH CHECK (draft_id IN (SELECT asker_planned_drafts()));

ALTER TABLE plan_mark ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_mark FOR SELECT USING (draft_id IN (SELECT asker_drafts()));
CREATE POLICY marking ON plan_mark FOR INSERT
    WITH CHECK (draft_id IN (SELECT asker_planned_drafts()));
CREATE POLICY unmarking ON plan_mark FOR DELETE
    USING (draft_id IN (SELECT asker_planned_drafts()));

ALTER TABLE plan_comment ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_comment FOR SELECT USING (draft_id IN (SELECT asker_drafts()));
CREATE POLICY commenting ON plan_comment FOR INSERT
    WITH CHECK (draft_id IN (SELECT asker_planned_drafts()));
CREATE POLICY resolving ON plan_comment FOR UPDATE
    USING (draft_id IN (SELECT asker_planned_drafts()));

ALTER TABLE plan_share ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_share FOR SELECT
    USING (draft_id IN (SELECT asker_planned_drafts()));
CREATE POLICY sharing ON plan_share FOR INSERT
    WITH CHECK (draft_id IN (SELECT asker_planned_drafts()));
CREATE POLICY revoking ON plan_share FOR UPDATE
    USING (draft_id IN (SELECT asker_planned_drafts()));

ALTER TABLE plan_step ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_step FOR SELECT USING (draft_id IN (SELECT asker_drafts()));

ALTER TABLE plan_job ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON plan_job FOR SELECT USING (
    (SELECT asker_kind()) = 'service'
    OR jurisdiction_id
        = ANY ((SELECT asker_jurisdictions('planner', 'auditor', 'administrator'))::bigint[]));
CREATE POLICY asking ON plan_job FOR INSERT WITH CHECK (
    state = 'waiting' AND result IS NULL
    AND jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));
CREATE POLICY working ON plan_job FOR UPDATE USING (
    (SELECT asker_kind()) = 'service'
    OR jurisdiction_id = ANY ((SELECT asker_jurisdictions('planner'))::bigint[]));

-- Households and who lives there.

ALTER TABLE household ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON household FOR SELECT USING (
    unit_id >= (SELECT asker_all_from('planner', 'auditor'))
    OR unit_id = ANY ((SELECT asker_unit_keys(
        '{planner,auditor}', '{grid_worker,community_staff}'))::bigint[]));

ALTER TABLE resident ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON resident FOR SELECT USING (
    unit_id >= (SELECT asker_all_from('auditor'))
    OR unit_id = ANY ((SELECT asker_unit_keys(
        '{auditor}', '{grid_worker,community_staff}'))::bigint[]));

ALTER TABLE unit_override ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON unit_override FOR SELECT USING (
    (SELECT asker_everywhere('planner', 'auditor', 'administrator'))
    OR unit_id = ANY ((SELECT asker_unit_keys(
        '{planner,auditor,administrator}',
        '{grid_worker,community_staff,street_dispatcher}'))::bigint[]));
CREATE POLICY adding ON unit_override FOR INSERT WITH CHECK (
    (SELECT asker_everywhere('planner'))
    OR unit_id = ANY ((SELECT asker_unit_keys('{planner}', '{}'))::bigint[])
    OR (unit_id = ANY ((SELECT asker_unit_keys('{}', '{community_staff}'))::bigint[])
        AND grid_id IN (SELECT asker_grids('community_staff'))));
CREATE POLICY changing ON unit_override FOR UPDATE USING (
    (SELECT asker_everywhere('planner'))
    OR unit_id = ANY ((SELECT asker_unit_keys('{planner}', '{community_staff}'))::bigint[])
) WITH CHECK (
    (SELECT asker_everywhere('planner'))
    OR unit_id = ANY ((SELECT asker_unit_keys('{planner}', '{}'))::bigint[])
    OR grid_id IN (SELECT asker_grids('community_staff')));
CREATE POLICY removing ON unit_override FOR DELETE USING (
    (SELECT asker_everywhere('planner'))
    OR unit_id = ANY ((SELECT asker_unit_keys('{planner}', '{community_staff}'))::bigint[]));

ALTER TABLE member ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON member FOR SELECT USING (
    (SELECT asker_everywhere('auditor', 'administrator'))
    OR community_id IN (SELECT asker_communities(
        '{auditor,administrator}', '{grid_worker,community_staff,street_dispatcher}')));

ALTER TABLE responsibility ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON responsibility FOR SELECT USING (
    (SELECT asker_everywhere('auditor', 'administrator'))
    OR member_id IN (SELECT id FROM member));

-- A function hands over, and looks at who is asking.
ALTER TABLE hand_over ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON hand_over FOR SELECT USING (
    (SELECT asker_everywhere('auditor', 'administrator'))
    OR member_id IN (SELECT id FROM member));

-- Issues: in the territory, with the department, handled once, or followed with a secret. Each
-- alternative has its index, so that the planner can bring them together instead of reading all.

ALTER TABLE issue ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON issue FOR SELECT USING (
    follow_sha256 = (SELECT asker_follow())
    OR (jurisdiction_id >= (SELECT min(id) FROM unnest(
            asker_jurisdictions('planner', 'auditor', 'administrator')) AS id)
        AND jurisdiction_id <= (SELECT max(id) FROM unnest(
            asker_jurisdictions('planner', 'auditor', 'administrator')) AS id)
        AND jurisdiction_id
            = ANY ((SELECT asker_jurisdictions('planner', 'auditor', 'administrator'))::bigint[]))
    OR current_grid_id = ANY ((SELECT ARRAY(SELECT asker_case_grids()))::uuid[])
    OR department_id = ANY ((SELECT ARRAY(SELECT asker_departments()))::bigint[])
    OR (current_grid_id IS NULL
        AND nearest_grid_id = ANY ((SELECT ARRAY(SELECT asker_grids('street_dispatcher')))::uuid[]))
    OR (current_grid_id IS NULL AND nearest_grid_id IS NULL
        AND jurisdiction_id = ANY ((SELECT asker_jurisdictions('street_dispatcher'))::bigint[]))
    OR id = ANY ((SELECT ARRAY(SELECT asker_handled()))::uuid[])
    OR id = ANY ((SELECT ARRAY(SELECT asker_followed()))::uuid[]));
CREATE POLICY reporting ON issue FOR INSERT WITH CHECK (
    closed_at IS NULL
    AND follow_sha256 = (SELECT asker_follow())
    AND (SELECT asker_may_report()));
CREATE POLICY acting ON issue FOR UPDATE USING (
    current_grid_id IN (SELECT asker_case_grids())
    OR department_id IN (SELECT asker_departments())
    OR (current_grid_id IS NULL AND (
        nearest_grid_id IN (SELECT asker_grids('street_dispatcher'))
        OR (nearest_grid_id IS NULL AND jurisdiction_id
            = ANY ((SELECT asker_jurisdictions('street_dispatcher'))::bigint[]))))
) WITH CHECK (true);

-- Who reported is for those whose work is on the issue, and for auditors.
ALTER TABLE issue_reporter ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON issue_reporter FOR SELECT USING (
    (SELECT asker_everywhere('auditor'))
    OR EXISTS (
        SELECT FROM issue
        WHERE issue.id = issue_id
          AND (issue.jurisdiction_id = ANY ((SELECT asker_jurisdictions('auditor'))::bigint[])
               OR issue.current_grid_id IN (SELECT asker_case_grids())
               OR issue.department_id IN (SELECT asker_departments())
               OR (issue.current_grid_id IS NULL AND (
                   issue.nearest_grid_id IN (SELECT asker_grids('street_dispatcher'))
                   OR (issue.nearest_grid_id IS NULL AND issue.jurisdiction_id
                       = ANY ((SELECT asker_jurisdictions('street_dispatcher'))::bigint[])))))));
CREATE POLICY reporting ON issue_reporter FOR INSERT WITH CHECK (
    (SELECT asker_may_report())
    AND EXISTS (SELECT FROM issue
                WHERE issue.id = issue_id AND issue.follow_sha256 = (SELECT asker_follow())));

ALTER TABLE issue_photo ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON issue_photo FOR SELECT USING (
    (SELECT asker_everywhere('auditor'))
    OR EXISTS (
        SELECT FROM issue
        WHERE issue.id = issue_id
          AND (issue.follow_sha256 = (SELECT asker_follow())
               OR issue.jurisdiction_id = ANY ((SELECT asker_jurisdictions('auditor'))::bigint[])
               OR issue.current_grid_id IN (SELECT asker_case_grids())
               OR issue.department_id IN (SELECT asker_departments())
               OR (issue.current_grid_id IS NULL AND (
                   issue.nearest_grid_id IN (SELECT asker_grids('street_dispatcher'))
                   OR (issue.nearest_grid_id IS NULL AND issue.jurisdiction_id
                       = ANY ((SELECT asker_jurisdictions('street_dispatcher'))::bigint[]))))
               OR issue.id IN (SELECT asker_handled())
               OR (issue.public AND issue.id IN (SELECT asker_followed())))));
CREATE POLICY adding ON issue_photo FOR INSERT WITH CHECK (
    ((SELECT asker_may_report()) AND EXISTS (
        SELECT FROM issue
        WHERE issue.id = issue_id AND issue.follow_sha256 = (SELECT asker_follow())))
    OR asker_works_on(issue_id));

ALTER TABLE issue_event ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON issue_event FOR SELECT USING (
    jurisdiction_id
        = ANY ((SELECT asker_jurisdictions('planner', 'auditor', 'administrator'))::bigint[])
    OR issue_id IN (SELECT asker_issue_keys()));
CREATE POLICY adding ON issue_event FOR INSERT WITH CHECK (
    account_id IS NOT DISTINCT FROM (SELECT asker_account())
    AND ((sequence = 1 AND (SELECT asker_may_report()) AND EXISTS (
             SELECT FROM issue
             WHERE issue.id = issue_id AND issue.follow_sha256 = (SELECT asker_follow())))
         OR asker_works_on(issue_id)));

ALTER TABLE issue_deadline ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON issue_deadline FOR SELECT USING (
    (SELECT asker_everywhere('planner', 'auditor', 'administrator'))
    OR EXISTS (SELECT FROM issue WHERE issue.id = issue_id));
CREATE POLICY adding ON issue_deadline FOR INSERT WITH CHECK (
    ((SELECT asker_may_report()) AND EXISTS (
        SELECT FROM issue
        WHERE issue.id = issue_id AND issue.follow_sha256 = (SELECT asker_follow())))
    OR asker_works_on(issue_id));

CREATE POLICY running ON issue_deadline FOR UPDATE USING (asker_works_on(issue_id));

-- Who follows an issue is for those whose work is on it, and for the follower. A function lets follow.
ALTER TABLE issue_follower ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON issue_follower FOR SELECT USING (
    follow_sha256 = (SELECT asker_follow())
    OR account_id = (SELECT asker_account())
    OR (SELECT asker_everywhere('auditor'))
    OR EXISTS (SELECT FROM issue
               WHERE issue.id = issue_id
                 AND issue.jurisdiction_id = ANY ((SELECT asker_jurisdictions('auditor'))::bigint[]))
    OR asker_works_on(issue_id));

-- What is told outside: left by whoever acts, sent by the service's own jobs, looked after by the
-- dispatcher.
ALTER TABLE delivery ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON delivery FOR SELECT USING (
    (SELECT asker_everywhere('auditor', 'administrator'))
    OR jurisdiction_id = ANY ((SELECT asker_jurisdictions('auditor', 'administrator'))::bigint[])
    OR asker_dispatches(issue_id)
    OR asker_dispatches_booking(booking_id));
CREATE POLICY leaving ON delivery FOR INSERT WITH CHECK (
    state = 'pending' AND attempts = 0 AND asker_works_on(issue_id));
CREATE POLICY trying_again ON delivery FOR UPDATE
    USING (asker_dispatches(issue_id) OR asker_dispatches_booking(booking_id));

-- Visits to households: written in one's own name, in one's own territory.
ALTER TABLE visit ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON visit FOR SELECT USING (
    unit_id >= (SELECT asker_all_from('auditor'))
    OR unit_id = ANY ((SELECT asker_unit_keys(
        '{auditor}', '{grid_worker,community_staff}'))::bigint[]));
CREATE POLICY visiting ON visit FOR INSERT WITH CHECK (
    account_id = (SELECT asker_account())
    AND unit_id = ANY ((SELECT asker_unit_keys('{}', '{grid_worker,community_staff}'))::bigint[]));

-- Stations: everybody reads what they are, staff of the community and administrators write it.

ALTER TABLE opening_rule ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON opening_rule FOR SELECT USING (true);
CREATE POLICY adding ON opening_rule FOR INSERT
    WITH CHECK (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY removing ON opening_rule FOR DELETE
    USING (station_id IN (SELECT asker_kept_stations()));

ALTER TABLE closure ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON closure FOR SELECT USING (true);
CREATE POLICY adding ON closure FOR INSERT
    WITH CHECK (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY ending ON closure FOR UPDATE
    USING (station_id IN (SELECT asker_kept_stations()));

ALTER TABLE room ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON room FOR SELECT USING (true);
CREATE POLICY adding ON room FOR INSERT WITH CHECK (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY changing ON room FOR UPDATE USING (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY removing ON room FOR DELETE USING (station_id IN (SELECT asker_kept_stations()));

ALTER TABLE station_service ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON station_service FOR SELECT USING (true);
CREATE POLICY adding ON station_service FOR INSERT
    WITH CHECK (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY changing ON station_service FOR UPDATE
    USING (station_id IN (SELECT asker_kept_stations()));

-- Who is on duty is for those who work there; a function tells everybody that somebody is.
ALTER TABLE shift ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON shift FOR SELECT USING (
    (SELECT asker_everywhere('auditor', 'administrator'))
    OR station_id IN (SELECT asker_stations(
        '{auditor,administrator}', '{grid_worker,community_staff,street_dispatcher}')));
CREATE POLICY adding ON shift FOR INSERT WITH CHECK (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY changing ON shift FOR UPDATE USING (station_id IN (SELECT asker_kept_stations()));
CREATE POLICY removing ON shift FOR DELETE USING (station_id IN (SELECT asker_kept_stations()));

-- Functions book and cancel; the station's staff say what became of it.
ALTER TABLE booking ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON booking FOR SELECT USING (
    follow_sha256 = (SELECT asker_follow())
    OR (SELECT asker_everywhere('auditor'))
    OR station_id IN (SELECT asker_stations('{auditor}', '{community_staff}')));
CREATE POLICY serving ON booking FOR UPDATE
    USING (station_id IN (SELECT asker_stations('{}', '{community_staff}')));

-- What goes with requests: kept by whoever makes them, carried out by the service.

ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
CREATE POLICY keeping ON idempotency_key FOR INSERT WITH CHECK ((SELECT asker_may_report()));

ALTER TABLE outbox ENABLE ROW LEVEL SECURITY;
CREATE POLICY leaving ON outbox FOR INSERT WITH CHECK (
    (SELECT asker_kind()) = 'service' OR (SELECT asker_may_report()));
CREATE POLICY reading ON outbox FOR SELECT USING ((SELECT asker_kind()) = 'service');
CREATE POLICY delivering ON outbox FOR UPDATE USING ((SELECT asker_kind()) = 'service');

-- Accounts: one's own; administrators and auditors those of their jurisdictions.

ALTER TABLE account ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON account FOR SELECT USING (
    id = (SELECT asker_account()) OR id IN (SELECT asker_accounts()));

ALTER TABLE account_role ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON account_role FOR SELECT USING (
    account_id = (SELECT asker_account()) OR account_id IN (SELECT asker_accounts()));

ALTER TABLE account_identity ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE account_browser ENABLE ROW LEVEL SECURITY;
ALTER TABLE api_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE login_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE sign_in_flow ENABLE ROW LEVEL SECURITY;
ALTER TABLE service_login ENABLE ROW LEVEL SECURITY;

-- The audit trail is read by auditors and administrators, and written by the database alone.

ALTER TABLE audit_entry ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON audit_entry FOR SELECT USING (
    (SELECT asker_everywhere('auditor', 'administrator'))
    OR jurisdiction_id
       = ANY ((SELECT asker_jurisdictions('auditor', 'administrator'))::bigint[]));

ALTER TABLE audit_head ENABLE ROW LEVEL SECURITY;
CREATE POLICY reading ON audit_head FOR SELECT USING (
    (SELECT asker_roles()) && '{auditor,administrator}');

ALTER TABLE audit_pending ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_cut ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_run ENABLE ROW LEVEL SECURITY;
