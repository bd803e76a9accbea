CREATE TABLE event (id int PRIMARY KEY, created_at timestamptz);
