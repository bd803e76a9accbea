-- at most 2 lines differ
alter table order_lines drop constraint order_lines_pkey;
alter table order_lines add id uuid primary key default gen_random_uuid();
