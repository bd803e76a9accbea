create schema sales;
create schema "Two Words";
create type sales.state as enum ('open', 'paid');
create type "Two Words".state as enum ('open');
create table sales.item (id serial primary key, state sales.state not null default 'open', other "Two Words".state[] default '{open}');
create table "Two Words".item (id int primary key, sales_item int not null references sales.item(id) on delete restrict on update cascade);
create table public.item (id uuid primary key, a int references "Two Words".item(id), b int not null default nextval('sales.item_id_seq'));
create index on sales.item (state);
create index on public.item (a);
