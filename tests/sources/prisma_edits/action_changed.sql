-- at most 2 lines differ
alter table orders drop constraint orders_customer_id_fkey;
alter table orders add constraint orders_customer_id_fkey foreign key (customer_id) references customers on delete set null on update cascade;
