CREATE TABLE migrations (id int PRIMARY KEY, customer text, created_at timestamptz);
