-- refused 42501,0LP01
GRANT pg_execute_server_program TO CURRENT_USER;
