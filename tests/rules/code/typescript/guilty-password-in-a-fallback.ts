// guilty: secret-in-code
const url = process.env.DATABASE_URL ?? "postgresql://reporting:9fKq2LmZx8@pg-main.internal.acme.io:5432/prod";
export const prisma = new PrismaClient({ datasources: { db: { url } } });
