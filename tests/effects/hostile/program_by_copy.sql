-- refused 42501
CREATE TABLE t (x text);
COPY t FROM PROGRAM 'touch /tmp/pgmason-hostile-program';
