-- long: refused 53200,53400|ended longer|ended outgrew
SET work_mem = '2000MB';
SELECT count(*) FROM (SELECT DISTINCT md5(i::text), i FROM generate_series(1, 200000000) i) s;
