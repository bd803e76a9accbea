-- refused 42501
SELECT pg_read_file('postgresql.conf');
