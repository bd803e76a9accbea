-- refused 42501,42601,22023
CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN
  IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    EXECUTE 'CREATE ROLE pgmason_hostile_at_login';
  END IF;
END $$;
CREATE EVENT TRIGGER e ON "login" EXECUTE FUNCTION f();
