// innocent: query-in-a-loop
export async function locked(id: string) {
  for (let attempt = 0; attempt < 5; attempt++) {
    const job = await prisma.job.findFirst({ where: { id, lockedAt: null } });
    if (job) return job;
    await new Promise((resolve) => setTimeout(resolve, 100 * attempt));
  }
  return null;
}
