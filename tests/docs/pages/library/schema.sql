CREATE TYPE genre AS ENUM ('novel', 'poetry', 'science');
COMMENT ON TYPE genre IS 'Where a book stands on the shelves.';

CREATE TABLE author (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    mentor_id integer REFERENCES author ON DELETE SET NULL
);
COMMENT ON TABLE author IS 'Who wrote a book.';
COMMENT ON COLUMN author.mentor_id IS 'The author who taught this one; NULL where nobody did.';

CREATE TABLE book (
    isbn varchar(13) PRIMARY KEY,
    author_id integer NOT NULL REFERENCES author,
    title text NOT NULL,
    genres genre[] NOT NULL DEFAULT '{}',
    price numeric(10, 2),
    shelf jsonb,
    UNIQUE (author_id, title)
);
CREATE INDEX book_shelf ON book USING gin (shelf);
CREATE INDEX book_dear ON book (price DESC) INCLUDE (title) WHERE price > 100;

CREATE TABLE cover (
    isbn varchar(13) PRIMARY KEY REFERENCES book ON DELETE CASCADE ON UPDATE CASCADE,
    image bytea NOT NULL
);
COMMENT ON TABLE cover IS 'The picture on a book, apart because it is large.';

CREATE TABLE loan (
    isbn varchar(13) NOT NULL REFERENCES book,
    lent_on date NOT NULL,
    reader text NOT NULL,
    PRIMARY KEY (isbn, lent_on)
) PARTITION BY RANGE (lent_on);
CREATE TABLE loan_2025 PARTITION OF loan FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE loan_later PARTITION OF loan DEFAULT;
COMMENT ON TABLE loan_later IS 'What has no partition yet.';
CREATE INDEX loan_later_reader ON loan_later (reader);

CREATE VIEW lent AS
    SELECT b.title, l.reader FROM loan l JOIN book b USING (isbn);
COMMENT ON VIEW lent IS 'Which reader has which book.';

CREATE SEQUENCE ticket INCREMENT BY 10;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER book_touched BEFORE UPDATE ON book FOR EACH ROW EXECUTE FUNCTION touch();
