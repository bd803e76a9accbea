// guilty: writes-outside-a-transaction
export class Orders {
  constructor(private readonly prisma: PrismaService) {}
  async cancel(id: string) {
    const order = await this.prisma.order.findUniqueOrThrow({ where: { id } });
    if (order.status === "shipped") throw new Error("too late");
    await this.prisma.order.update({ where: { id }, data: { status: "cancelled" } });
    await this.prisma.refund.create({ data: { orderId: id, cents: order.cents } });
  }
}
