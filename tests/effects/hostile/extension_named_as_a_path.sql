-- refused 22023,42602,0A000,58P01
CREATE EXTENSION IF NOT EXISTS "../../../../../../../../tmp/pgmason-hostile-extension";
