-- refused 42501
SELECT pg_reload_conf();
SELECT pg_rotate_logfile();
