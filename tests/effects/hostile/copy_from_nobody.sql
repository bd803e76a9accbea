-- refused 42601,57014,08P01|harmless
CREATE TABLE t (id int);
COPY t FROM STDIN;
