-- refused 42601
\connect postgres
SELECT 1;
