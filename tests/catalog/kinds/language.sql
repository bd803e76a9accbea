CREATE TRUSTED LANGUAGE mytrusted HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
COMMENT ON LANGUAGE mytrusted IS 'another name';
CREATE FUNCTION public.handle() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE LANGUAGE "My Own" HANDLER public.handle;
CREATE FUNCTION public.spoken() RETURNS integer LANGUAGE "My Own" AS 'BEGIN RETURN 1; END';
