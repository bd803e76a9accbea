CREATE TABLE note (id int, body text);
