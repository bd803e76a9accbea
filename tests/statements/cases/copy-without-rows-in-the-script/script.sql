COPY t TO stdout;
COPY t FROM '/tmp/rows';
COPY t FROM PROGRAM 'cat';
COPY (SELECT 'COPY t FROM stdin;') TO STDOUT;
SELECT 'COPY t FROM stdin;';
