// innocent: writes-outside-a-transaction
export async function save(input: { id?: string; name: string }) {
  if (input.id) {
    return prisma.contact.update({ where: { id: input.id }, data: { name: input.name } });
  }
  return prisma.contact.create({ data: { name: input.name } });
}
