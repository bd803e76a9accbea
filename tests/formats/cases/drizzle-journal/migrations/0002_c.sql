CREATE TABLE c (id int);--> statement-breakpoint
CREATE INDEX ON c (id);
