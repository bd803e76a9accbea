"""schema.prisma as a source."""
