CREATE EXTENSION citext;
GRANT EXECUTE ON FUNCTION citext_eq TO pg_monitor;
-- unread: grants: function public.citext_eq(public.citext,public.citext)
REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC;
-- unread: grants: function pg_catalog.pg_sleep(double precision)
GRANT SELECT (subconninfo) ON pg_subscription TO pg_monitor;
-- unread: grants: table column pg_catalog.pg_subscription.subconninfo
CREATE TABLE labelled (id int, "To o" int);
SET allow_system_table_mods = on;
INSERT INTO pg_seclabel VALUES ('labelled'::regclass, 'pg_class'::regclass, 0, 'a provider', 'secret');
-- unread: security label: a provider for table public.labelled
INSERT INTO pg_seclabel VALUES ('labelled'::regclass, 'pg_class'::regclass, 2, 'a provider', 'secret');
-- unread: security label: a provider for table column public.labelled."To o"
CREATE FOREIGN DATA WRAPPER reaching OPTIONS (access_token 'hunter2');
-- unread: secret option: access_token of foreign-data wrapper reaching
CREATE SERVER "Far" FOREIGN DATA WRAPPER reaching OPTIONS (host 'h', "sslPassword" 'hunter2');
-- unread: secret option: "sslPassword" of foreign server "Far"
CREATE USER MAPPING FOR PUBLIC SERVER "Far" OPTIONS (user 'u', password 'hunter2', password_required 'false');
-- unread: secret option: password of user mapping "Far".public
CREATE FOREIGN TABLE there (id int OPTIONS (pwd 'hunter2')) SERVER "Far" OPTIONS (secret_key 'hunter2', key 'shown');
-- unread: secret option: pwd of foreign table public.there
-- unread: secret option: secret_key of foreign table public.there
CREATE SUBSCRIPTION taken CONNECTION 'password=hunter2' PUBLICATION p WITH (connect = false, slot_name = NONE);
-- unread: connection of a subscription: taken
CREATE FUNCTION half_named(int, b int) RETURNS int LANGUAGE sql RETURN $1 + b;
-- unread: unnamed argument in the body of a function: public.half_named(integer, b integer)
CREATE FUNCTION wholly_unnamed(int, int) RETURNS int LANGUAGE sql RETURN $1 + $2;
CREATE FUNCTION unnamed_in_text(int, b int) RETURNS text LANGUAGE sql AS 'SELECT ''""''';
