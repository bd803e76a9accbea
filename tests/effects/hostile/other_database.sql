-- refused 0A000,3D000
CREATE TABLE postgres.public.t (id int);
