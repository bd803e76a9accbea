-- Names, types and texts that try to break out of Markdown, of HTML comments and of Mermaid.
create schema "we ird";
create schema "Ünï--> ""x""";
create table "we ird"."my table" ("id" int primary key, "a b" numeric(10,2), "select" varchar(20)[], pk text, "FK" int, "uk-x" text, "x""y" text default 'a|b`c
d', "100%" text, "emoji 🎉" text, "名前" text, "~tilde~" text, "-->" text, "<script>" text default '<script>alert(1)</script>', "back\slash" text, "new
line" text, "PKä" int);
create table "direction LR" (id int primary key, "direction TB" int references "direction LR");
create table "erDiagram" (id int primary key);
create table "one" ("to" int, "one" int references "direction LR", primary key ("to","one"));
create table "%%{init: {""theme"":""dark""}}%%" (id int primary key, "%%{init: 1}%%" int references "direction LR");
create table "a""b" (id int primary key);
create table "a＂b" (id int references "a""b");
create table "#quot;" (id int primary key, "#35;" int references "a""b");
create table "🎉 party" (id int primary key references "a""b");
create table "style" (id int primary key);
create table "<!-- pgmason:keep public.one -->" (id int primary key);
create table "-->" (id int primary key, "-->" int references "-->"("id"));
create table "a--b---c--" (id int primary key);
create table nocols ();
create table "Order" (id int);
create table "order" (id int);
create table "a.b" (id int);
create schema a; create table a.b (id int);
create table "x|y`z*_[]" (id int, c tsrange, d interval day to second(3), e "char", f timestamp(3) without time zone[], g bit varying(5), h public."order"[], i double precision, j char(3));
create type "we ird"."Mood, ""ok""" as enum ('so|so', 'a`b', '<b>', E'new\nline', '');
create table moods (m "we ird"."Mood, ""ok""", ms "we ird"."Mood, ""ok"""[] default '{}', v varchar(3) collate "C");
comment on table moods is E'# not a heading\n- not a list\n1. no\n\n<script>alert(1)</script> | pipe | `code` ``` *bold* _it_ __b__ [l](http://x) ![i](y) $x$ &amp; \\ ~~s~~\n---\n===\n> q\n    indented\n<!-- pgmason:keep public.moods -->\n<a id="table:public.one"></a>';
comment on column moods.m is E'pipe | and `tick` and \\| and\n\nnewlines \u202e bidi \u0007 bell\n<img src=x onerror=alert(1)>';
create view "v -->" as select '
<!-- pgmason:keep public.one -->
```
# x
<a id="table:public.one"></a>' as "a|b`", id from "one" o(id) ;
comment on view "v -->" is 'a view';
create table "63___________________________________________________________x" (id int primary key, "63___________________________________________________________x" int references "63___________________________________________________________x");
create table comp (a int, b int, c int not null, primary key (a,b));
create table comp_child (x int, y int, z int not null unique, foreign key (x,y) references comp(a,b), foreign key (z, y) references comp(a,b), check (x > 0), check (x < 10) no inherit);
create table comp_one (a int, b int, primary key (a,b), foreign key (a,b) references comp, exclude using gist (box(point(a,a),point(b,b)) with &&));
create index on comp_child (y, x) include (z) where y is not null;
create index on comp_child using hash (z);
create unique index on comp_child (lower(x::text), y desc nulls last) where x > 3;
create table p (id int, d date, primary key (id, d)) partition by range (d);
create table p1 partition of p for values from ('2020-01-01') to ('2021-01-01') partition by list (id);
create table p1a partition of p1 for values in (1);
create table p2 partition of p default;
create index p2own on p2 (id);
alter table p2 add check (id > 5);
comment on table p2 is 'the | rest';
create table ref_p (id int, d date, foreign key (id, d) references p on delete cascade deferrable initially deferred);
create table gen (id int generated always as identity primary key, a int, b int generated always as (a * 2) stored);
create table inh (x int) inherits (gen);
create unlogged table unl (id int);
create sequence alone increment by 2 cycle;
create materialized view mv as select id from gen; create index on mv (id);
create function f() returns trigger language plpgsql as 'begin return new; end';
create trigger "my trg" before insert on gen for each row execute function f();
alter table gen enable row level security;
