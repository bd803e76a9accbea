-- long: ended longer|harmless
COPY (SELECT repeat('x', 10000000) FROM generate_series(1, 100000)) TO STDOUT;
