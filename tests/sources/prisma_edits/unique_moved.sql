-- at most 4 lines differ
drop index customers_email_key;
create unique index orders_total_key on orders(total);
