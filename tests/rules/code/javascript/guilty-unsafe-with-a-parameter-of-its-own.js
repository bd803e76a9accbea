// guilty: sql-built-from-strings
export const anything = (prisma, text) => prisma.$queryRawUnsafe(text);
