-- long: refused 53200,54000|ended longer
SELECT string_agg(repeat('x', 10000000), '') FROM generate_series(1, 100000);
