-- long: ended longer|harmless|refused 22003
SELECT sum(sqrt(2::numeric * 10::numeric ^ 30000 + i)) FROM generate_series(1, 100000) i;
