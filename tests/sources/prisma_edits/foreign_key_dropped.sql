-- at most 2 lines differ
alter table orders drop constraint orders_customer_id_fkey;
