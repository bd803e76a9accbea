-- harmless|refused 42601
CREATE TABLE t (name text DEFAULT 'ÿþÃ(');
