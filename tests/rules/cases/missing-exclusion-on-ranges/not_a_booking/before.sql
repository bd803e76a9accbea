CREATE TABLE room (id int PRIMARY KEY);
CREATE TABLE job (id int PRIMARY KEY, room_id int REFERENCES room, started_at timestamptz, ended_at timestamptz);
