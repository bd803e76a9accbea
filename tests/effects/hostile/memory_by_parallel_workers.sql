-- long: refused 53200,53400,53100|ended longer|ended outgrew
SET max_parallel_workers_per_gather = 64;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET work_mem = '2000MB';
SET hash_mem_multiplier = 1000;
CREATE TABLE t AS SELECT i FROM generate_series(1, 400000) i;
ALTER TABLE t SET (parallel_workers = 64);
SELECT count(*) FROM (SELECT a.i, b.i, md5(a.i::text || b.i) FROM t a, t b GROUP BY 1, 2, 3) s;
