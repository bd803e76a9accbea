-- at most 4 lines differ
alter table orders alter total drop default;
alter table order_lines alter position set default 7;
