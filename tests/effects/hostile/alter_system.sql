-- refused 42501,25001
ALTER SYSTEM SET archive_command = 'touch /tmp/pgmason-hostile-archive';
