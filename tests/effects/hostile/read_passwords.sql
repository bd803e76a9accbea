-- refused 42501
SELECT rolpassword FROM pg_authid;
