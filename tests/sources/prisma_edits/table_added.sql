-- at most 13 lines differ
create table notes (id serial primary key, order_id bigint not null references orders on delete restrict on update cascade, body text, created_at timestamptz not null default now());
create index on notes(order_id);
