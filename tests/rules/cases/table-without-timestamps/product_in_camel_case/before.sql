CREATE TABLE a (id int PRIMARY KEY, "createdAt" date, "modifiedAt" date);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW."modifiedAt" := now(); RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION keep();
CREATE TABLE b (id int PRIMARY KEY);
