-- refused 42501,0A000,58P01,42704
CREATE EXTENSION file_fdw;
CREATE SERVER s FOREIGN DATA WRAPPER file_fdw;
CREATE FOREIGN TABLE t (line text) SERVER s OPTIONS (program 'touch /tmp/pgmason-hostile-program');
SELECT * FROM t;
