-- refused 22023,42602,0A000,58P01
CREATE EXTENSION pgcrypto VERSION '../../../../../../../../tmp/pgmason-hostile-version';
