-- refused 42501
SET session_replication_role = replica;
