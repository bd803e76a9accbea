-- harmless|refused 42501
ALTER ROLE pgmason_owner SET statement_timeout = 1;
ALTER ROLE pgmason_owner SET search_path = nowhere;
ALTER ROLE ALL SET statement_timeout = 1;
