-- refused 54001,22P02,22032
SELECT (repeat('[', 1000000))::jsonb;
