-- refused 42501
SELECT lo_import('/etc/passwd');
