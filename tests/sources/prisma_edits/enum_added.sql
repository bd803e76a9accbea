-- at most 8 lines differ
create type colour as enum ('red','dark green');
alter table orders add colour colour default 'red';
