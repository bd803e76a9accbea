// guilty: sql-built-from-strings
export async function touch(id: string) {
  await prisma.$executeRaw(`UPDATE sessions SET seen_at = now() WHERE id = '${id}'` as any);
}
