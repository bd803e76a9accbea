--
-- PostgreSQL database dump
--

\restrict kV3xq

SET standard_conforming_strings = on;

COPY public.actor (actor_id, "first;name") FROM stdin; -- the rows;
1	it's; $$ "half /* -- \\
2	\N\tü

\.


copy "empty" FROM STDIN WITH (FORMAT csv) ;
\.
SELECT pg_catalog.setval('public.actor_id_seq', 2, true);

\unrestrict kV3xq
