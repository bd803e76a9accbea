// guilty: writes-outside-a-transaction
async function audit(action: string) {
  await prisma.auditLog.create({ data: { action } });
}
export async function remove(id: string) {
  await prisma.document.delete({ where: { id } });
  await audit(`removed ${id}`);
}
