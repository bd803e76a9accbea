-- harmless|refused 42501,2BP01,3F000,55006
SET ROLE pgmason_owner;
DROP OWNED BY pgmason_schemas CASCADE;
DROP OWNED BY pgmason_owner CASCADE;
