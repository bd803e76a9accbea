-- needs: 18
-- What publications and subscriptions learned up to 18.
CREATE TABLE t (id int PRIMARY KEY, twice int GENERATED ALWAYS AS (id * 2) STORED);
CREATE PUBLICATION generated FOR TABLE t WITH (publish_generated_columns = stored);
CREATE PUBLICATION columns FOR TABLE t (id, twice);
CREATE SUBSCRIPTION calm CONNECTION '' PUBLICATION a WITH (connect = false, slot_name = NONE, streaming = off);
CREATE SUBSCRIPTION quick CONNECTION '' PUBLICATION a WITH (connect = false, slot_name = s, origin = none,
    password_required = false, run_as_owner, failover, streaming = parallel);
