// guilty: query-in-a-loop
export class Invoices {
  constructor(private readonly prisma: PrismaClient) {}
  private async customer(id: string) {
    return this.prisma.customer.findUnique({ where: { id } });
  }
  async print(invoices: Invoice[]) {
    for (const invoice of invoices) {
      const customer = await this.customer(invoice.customerId);
      render(invoice, customer);
    }
  }
}
