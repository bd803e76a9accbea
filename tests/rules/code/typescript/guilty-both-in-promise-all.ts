// guilty: writes-outside-a-transaction
export async function follow(a: string, b: string) {
  await Promise.all([
    prisma.follow.create({ data: { from: a, to: b } }),
    prisma.user.update({ where: { id: b }, data: { followers: { increment: 1 } } }),
  ]);
}
