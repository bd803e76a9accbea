-- refused 42501
CREATE TABLE t (x text);
COPY t FROM '/etc/passwd';
