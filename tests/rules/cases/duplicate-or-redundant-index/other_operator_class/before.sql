CREATE TABLE t (id int PRIMARY KEY, a int, b int, c text, d tsvector);
CREATE INDEX t_one ON t (c);
CREATE INDEX t_two ON t (c text_pattern_ops);
CREATE INDEX t_three ON t (c text_pattern_ops, a);
