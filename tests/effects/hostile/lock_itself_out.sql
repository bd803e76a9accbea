-- harmless|refused 42501,0LP01,22023
SET ROLE NONE;
ALTER ROLE CURRENT_USER PASSWORD 'known to all';
ALTER ROLE CURRENT_USER SET role = 'none';
ALTER ROLE CURRENT_USER SET default_transaction_read_only = on;
ALTER ROLE CURRENT_USER SET search_path = nowhere;
RESET ROLE;
