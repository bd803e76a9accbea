-- at most 12 lines differ
drop table order_lines;
