CREATE TYPE status AS ENUM ('new', 'paid');
CREATE TABLE orders (id integer, total numeric(12,2), status status DEFAULT 'paid', note text COLLATE "C" NOT NULL DEFAULT '',
  serial_number serial, doubled numeric GENERATED ALWAYS AS (id * 2) STORED);
