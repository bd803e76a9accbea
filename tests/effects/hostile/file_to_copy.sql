-- refused 42501
COPY (SELECT 'x') TO '/tmp/pgmason-hostile-file';
