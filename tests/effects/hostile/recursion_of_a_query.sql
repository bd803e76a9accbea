-- long: ended longer|ended outgrew|refused 53400
WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r;
