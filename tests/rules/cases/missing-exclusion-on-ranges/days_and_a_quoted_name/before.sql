CREATE TABLE room (id int PRIMARY KEY);
CREATE TABLE "RoomBookings" (id int PRIMARY KEY, room_id int REFERENCES room, "validFrom" date, "validTo" date);
