-- at most 2 lines differ
alter table orders rename constraint orders_customer_id_fkey to bought_by;
