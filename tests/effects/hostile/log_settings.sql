-- refused 42501
SET log_statement = 'all';
