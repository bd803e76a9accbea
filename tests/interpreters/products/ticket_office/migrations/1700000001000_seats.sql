-- Up Migration
CREATE TABLE seats (
  event_id uuid NOT NULL REFERENCES events,
  number int NOT NULL CHECK (number > 0),
  kind seat_kind NOT NULL,
  PRIMARY KEY (event_id, number)
);

-- Down Migration
DROP TABLE seats;
