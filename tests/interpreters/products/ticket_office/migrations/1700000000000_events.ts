import type { MigrationBuilder } from "node-pg-migrate";
import { timestamps } from "../src/columns";

export async function up(pgm: MigrationBuilder): Promise<void> {
  pgm.createType("seat_kind", ["stalls", "balcony"]);
  pgm.createTable("events", {
    id: { type: "uuid", primaryKey: true, default: pgm.func("gen_random_uuid()") },
    title: { type: "text", notNull: true },
    ...timestamps(pgm),
  });
}
