CREATE DOMAIN past AS timestamptz CONSTRAINT before_now CHECK (VALUE < now());
