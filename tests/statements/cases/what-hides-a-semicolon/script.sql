-- a comment; with one
/* and /* nested; */ one; */
SELECT 'it''s; \', "a;""b\" FROM t;  SELECT E'it\'s; \\' , date'\';
INSERT INTO t VALUES (E'a'
  'b\';c'), (U&'\0061;'), (n'\'), ($1);
DO $$ BEGIN PERFORM ';'; END $$; DO $a$ $$ ; $b$ ; $a$
-- the last comment; of this one
;
SELECT a$b$c, d$$e FROM t -- no dollar quotes; these
  /* trailing; */ ;;
SELECT 5 -/* ; */- 3
