-- long: ended longer|harmless|refused 2201B
SELECT repeat('a', 5000) ~ '^((a+)+)+((a+)+)+b(\2)$';
