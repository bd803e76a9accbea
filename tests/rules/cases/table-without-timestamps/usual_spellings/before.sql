CREATE TABLE t0 (id int PRIMARY KEY, "created" timestamptz, "updated" timestamptz);
CREATE TABLE t1 (id int PRIMARY KEY, "CreatedAt" timestamptz, "UpdatedAt" timestamptz);
CREATE TABLE t2 (id int PRIMARY KEY, "inserted_at" timestamptz, "updated_at" timestamptz);
CREATE TABLE t3 (id int PRIMARY KEY, "created_on" timestamptz, "last_update" timestamptz);
CREATE TABLE t4 (id int PRIMARY KEY, "dateCreated" timestamptz, "lastModified" timestamptz);
CREATE TABLE t5 (id int PRIMARY KEY, "created_date" timestamptz, "modified_date" timestamptz);
