-- harmless|refused 42601
SET standard_conforming_strings = off;
SELECT 'a\'; CREATE ROLE pgmason_hostile_by_string; --';
CREATE TABLE t (id int);
