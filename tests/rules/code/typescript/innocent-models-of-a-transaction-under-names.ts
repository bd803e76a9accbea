// innocent: writes-outside-a-transaction
export async function move(from: string, to: string, cents: number) {
  const client = prisma;
  return client.$transaction(async (trx) => {
    const accounts = trx.account;
    await accounts.update({ where: { id: from }, data: { cents: { decrement: cents } } });
    await accounts.update({ where: { id: to }, data: { cents: { increment: cents } } });
  });
}
async function record(tx: Prisma.TransactionClient, id: string) {
  const { account, auditLog } = tx;
  await account.update({ where: { id }, data: { seenAt: new Date() } });
  await auditLog.create({ data: { action: `seen ${id}` } });
}
export const see = (id: string) => prisma.$transaction((tx) => record(tx, id));
