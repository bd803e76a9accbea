-- at most 1 lines differ
alter table orders drop total;
