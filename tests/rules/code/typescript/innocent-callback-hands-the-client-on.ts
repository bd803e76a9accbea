// innocent: writes-outside-a-transaction
async function book(tx: Prisma.TransactionClient, id: string, cents: number) {
  await tx.account.update({ where: { id }, data: { cents: { increment: cents } } });
  await tx.entry.create({ data: { accountId: id, cents } });
}
export async function transfer(from: string, to: string, cents: number) {
  await prisma.$transaction(async (tx) => {
    await book(tx, from, -cents);
    await book(tx, to, cents);
  });
}
