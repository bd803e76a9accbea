// guilty: writes-outside-a-transaction
export async function move(from: string, to: string, cents: number) {
  await prisma.$transaction(async (tx) => {
    await tx.account.update({ where: { id: from }, data: { cents: { decrement: cents } } });
    await prisma.account.update({ where: { id: to }, data: { cents: { increment: cents } } });
  });
}
