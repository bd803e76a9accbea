CREATE TABLE schema_migrations (version bigint NOT NULL, dirty boolean);
