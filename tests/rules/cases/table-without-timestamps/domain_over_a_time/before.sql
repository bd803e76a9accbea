CREATE DOMAIN moment AS timestamptz;
CREATE TABLE a (id int PRIMARY KEY, created_at moment, updated_at moment);
CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.updated_at := now(); RETURN NEW; END $$;
CREATE TRIGGER keep BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION keep();
