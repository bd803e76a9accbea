// innocent: writes-outside-a-transaction
export async function transfer(from: string, to: string, cents: number) {
  const debit = prisma.account.update({ where: { id: from }, data: { cents: { decrement: cents } } });
  const credit = prisma.account.update({ where: { id: to }, data: { cents: { increment: cents } } });
  await prisma.$transaction([debit, credit]);
}
