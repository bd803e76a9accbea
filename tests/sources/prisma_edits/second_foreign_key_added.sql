-- at most 3 lines differ
alter table orders add seller uuid references customers(id) on delete set null on update cascade;
