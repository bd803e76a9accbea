-- harmless
DO $$ BEGIN IF EXISTS (SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query NOT IN ('', '<insufficient privilege>')) THEN RAISE EXCEPTION 'sees queries' USING ERRCODE = 'XX666'; END IF; END $$;
