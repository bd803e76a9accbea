create domain positive as integer check (value > 0);
create type pair as (a int, b text);
create type empty_enum as enum ();
create function twice(n int) returns int language sql immutable as 'select 2 * n';
create sequence lone start 5 increment 2;
create table heap (a int, b text);
create table only_partly_unique (a int unique, b int not null);
create unique index on only_partly_unique (b) where b > 3;
create table child () inherits (heap);
create table nothing ();
create table part (id bigint not null, at date not null, primary key (id, at)) partition by range (at);
create table part_2020 partition of part for values from ('2020-01-01') to ('2021-01-01');
create table kinds (id int primary key default nextval('lone'), p positive not null, pr pair, e empty_enum, g int generated always as (id + 1) stored,
  i int generated always as identity, l text[] not null default '{a,b}', m int[][], c text collate "C", iv interval, b bpchar, ts timestamptz(6) default now(), t6 timestamp(6) default current_timestamp, d date default current_date,
  dd date default '2020-01-01', tt time default '12:00', n numeric, n2 numeric(10), nn numeric(10,-2), j json default '{}', x xml, mac macaddr, o oid, ch "char", na name, bit1 bit, vb bit varying(5), f4 real default 1.5, f8 float default 'NaN', mo money default 12.5,
  txt text default 'it''s "quoted" \ and
two lines', lo text default lower('ABC'), rnd float default random(), big bigint default 9223372036854775807, sm smallint default -5, fn int default twice(2), u uuid default gen_random_uuid(), by bytea default '\x00ff', bo boolean default (not true),
  check (id > 0), constraint lower_than check (p < 100), at_range int4range, exclude using gist (at_range with &&));
create index on kinds (lower(txt));
create index on kinds (sm) where sm > 0;
create index on kinds (sm nulls first, big desc nulls last);
create index on kinds (sm) include (big);
create unique index on kinds (sm, big) include (f4);
create index on kinds using gin (l);
create index on kinds using gin (m);
create index on kinds using brin (ts);
create index on kinds using hash (u);
create index on kinds using gist (at_range);
create index on kinds using spgist (txt);
create index on kinds (txt text_pattern_ops);
create index on kinds (c);
create index on kinds using btree (sm) with (fillfactor = 70);
create unique index on kinds (f8) nulls not distinct;
alter table kinds add constraint later unique (mac) deferrable initially deferred;
alter table kinds add constraint sooner unique (mac);
create table refers (id int primary key, k int references kinds(id) deferrable, m macaddr references kinds(mac), h bigint, foreign key (h) references kinds(id));
create view seen as select id, txt as "the text", l, p from kinds;
create materialized view kept as select id from kinds;
create rule no_delete as on delete to heap do instead nothing;
alter table kinds enable row level security;
create policy all_of_it on kinds using (true);
create statistics many on id, sm from kinds;
comment on table kinds is 'What there is,
in two lines.';
comment on column kinds.p is 'always positive';
comment on index kinds_lower_idx is 'for searching';
comment on function twice(int) is 'twice as much';
