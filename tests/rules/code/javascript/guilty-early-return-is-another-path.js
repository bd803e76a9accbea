// guilty: writes-outside-a-transaction
export async function vote(prisma, pollId, userId) {
  const before = await prisma.vote.findFirst({ where: { pollId, userId } });
  if (before) {
    await prisma.vote.delete({ where: { id: before.id } });
    return;
  }
  await prisma.vote.create({ data: { pollId, userId } });
  await prisma.poll.update({ where: { id: pollId }, data: { votes: { increment: 1 } } });
}
