import type { MigrationBuilder } from "node-pg-migrate";

export const timestamps = (pgm: MigrationBuilder) => ({
  created_at: { type: "timestamptz", notNull: true, default: pgm.func("now()") },
});
