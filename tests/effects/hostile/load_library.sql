-- refused 42501,58P01
LOAD 'auto_explain';
LOAD '/tmp/evil.so';
