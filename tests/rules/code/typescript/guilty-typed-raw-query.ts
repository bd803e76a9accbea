// guilty: raw-sql-beside-the-orm
export async function totals(customerId: string) {
  return await prisma.$queryRaw<Array<{ total: bigint }>>`
    SELECT sum(cents) AS total FROM payments WHERE customer_id = ${customerId}`;
}
