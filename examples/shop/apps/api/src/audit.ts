// The audit log: written in the same transaction as the change that it records.
import type { Prisma } from "@prisma/client";
import type { Transaction } from "./db.js";

export interface Change {
  actor: string;
  action: "create" | "update" | "delete";
  tableName: string;
  rowId: string;
  before?: Prisma.InputJsonValue;
  after?: Prisma.InputJsonValue;
}

export async function record(tx: Transaction, change: Change): Promise<void> {
  await tx.auditLog.create({ data: change });
}
