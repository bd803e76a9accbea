COPY t FROM stdin;
1
\.not the end
\.
SELECT 1;
