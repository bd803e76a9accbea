-- long: ended outgrew|refused 53400
SELECT count(*) FROM (SELECT md5(i::text) AS x FROM generate_series(1, 2000000000) i ORDER BY 1) s;
