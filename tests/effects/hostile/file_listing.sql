-- refused 42501
SELECT pg_ls_dir('/');
