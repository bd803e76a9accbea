// guilty: writes-outside-a-transaction
export class Accounts {
  constructor(private readonly prisma: PrismaClient) {}
  async close(id: string) {
    await this.prisma.$transaction(async (tx) => {
      await tx.session.deleteMany({ where: { accountId: id } });
      await tx.token.deleteMany({ where: { accountId: id } });
    });
    await this.prisma.account.update({ where: { id }, data: { closed: true } });
    await this.prisma.farewell.create({ data: { accountId: id } });
  }
}
