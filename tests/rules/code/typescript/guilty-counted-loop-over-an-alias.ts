// guilty: query-in-a-loop
export async function sync(ids: string[]) {
  const devices = prisma.device;
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i];
    await devices.update({ where: { id }, data: { seenAt: new Date() } });
  }
}
