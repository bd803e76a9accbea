CREATE TABLE a (id int PRIMARY KEY, created_at timestamptz, updated_at timestamptz);
CREATE TABLE b (id int PRIMARY KEY, created_at timestamptz, updated_at timestamptz);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION keep();
