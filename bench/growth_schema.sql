-- What the forms of growth_forms.toml are applied to; rows come from pgmason's own row maker.
CREATE TABLE parent (id int PRIMARY KEY, name text);
CREATE TABLE t (
    id int NOT NULL CONSTRAINT t_pkey PRIMARY KEY, parent_id int CONSTRAINT only_for_rows REFERENCES parent,
    a int NOT NULL, b bigint NOT NULL, c text NOT NULL,
    d varchar(50), e timestamptz, f numeric(12, 2), n int, period int4range
);
CREATE INDEX t_b_idx ON t (b);
CREATE TABLE child (id int PRIMARY KEY, t_id int);
CREATE TABLE parted (LIKE t) PARTITION BY RANGE (id);
