-- long: ended longer|harmless
SELECT repeat('x', 10000000) FROM generate_series(1, 100000);
