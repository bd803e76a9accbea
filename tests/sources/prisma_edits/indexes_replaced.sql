-- at most 3 lines differ
drop index orders_customer_id_state_idx;
create index orders_state_idx on orders(state);
create unique index on orders(customer_id, total);
