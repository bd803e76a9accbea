-- refused 42501,42704
CREATE EXTENSION plpython3u;
CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'return __import__("os").system("touch /tmp/pgmason-hostile-python")';
SELECT f();
