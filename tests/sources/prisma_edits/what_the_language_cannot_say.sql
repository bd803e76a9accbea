-- at most 0 lines differ
alter table orders add check (total >= 0);
create index on orders(total) where total > 5;
create table "_prisma_migrations" (id int primary key);
