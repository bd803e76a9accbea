-- keys of few values allow no more rows, and hold nothing else up
-- fewer: by_mood 3, grid 60, only_one 1, settings 1, singleton 1
CREATE TYPE mood AS ENUM ('glad', 'sad', 'so');
CREATE TABLE by_mood (mood mood PRIMARY KEY);
CREATE TABLE singleton (id boolean PRIMARY KEY DEFAULT true CHECK (id), name text);
CREATE TABLE settings (id int PRIMARY KEY CHECK (id = 1), name text NOT NULL);
CREATE TABLE only_one (name text);
CREATE UNIQUE INDEX ON only_one ((true));
CREATE TABLE child (id serial PRIMARY KEY, mood mood NOT NULL REFERENCES by_mood, settings_id int NOT NULL REFERENCES settings);
CREATE TABLE grid (mood mood, flag boolean, letter varchar(1), PRIMARY KEY (mood, flag, letter));
CREATE TABLE grid_child (mood mood, flag boolean, letter varchar(1), note text,
    FOREIGN KEY (mood, flag, letter) REFERENCES grid);
