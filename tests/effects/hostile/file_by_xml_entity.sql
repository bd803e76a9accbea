-- refused 2200M,2200N,0A000|harmless
CREATE TABLE t (x text);
INSERT INTO t SELECT (xpath('/a/text()', xmlparse(document
  '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>')))[1]::text;
DO $$ BEGIN IF EXISTS (SELECT FROM t WHERE x LIKE '%root%') THEN RAISE EXCEPTION 'read a file' USING ERRCODE = 'XX666'; END IF; END $$;
