-- Subscriptions. Their connections are never read, so these have none.
CREATE SUBSCRIPTION taken CONNECTION '' PUBLICATION a, "B b" WITH (connect = false, slot_name = 'its_slot', two_phase);
CREATE SUBSCRIPTION other CONNECTION '' PUBLICATION a
    WITH (connect = false, slot_name = NONE, binary, streaming = on, synchronous_commit = 'local', disable_on_error);
COMMENT ON SUBSCRIPTION other IS 'another';
