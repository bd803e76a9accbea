CREATE TYPE seat_kind AS ENUM ('stalls', 'balcony');
CREATE TABLE events (
    id uuid DEFAULT gen_random_uuid() PRIMARY KEY,
    title text NOT NULL,
    created_at timestamptz DEFAULT now() NOT NULL
);
CREATE TABLE seats (
    event_id uuid NOT NULL REFERENCES events,
    number int NOT NULL CHECK (number > 0),
    kind seat_kind NOT NULL,
    PRIMARY KEY (event_id, number)
);
CREATE INDEX events_created_at_index ON events USING brin (created_at);
COMMENT ON TABLE events IS 'there was 1';
