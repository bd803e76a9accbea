-- at most 4 lines differ
alter table order_lines alter sku type text;
alter table order_lines alter sku drop not null;
alter table customers alter email type varchar(100);
