-- at most 2 lines differ
alter table customers add phone varchar(20), add "lastSeen" timestamptz;
