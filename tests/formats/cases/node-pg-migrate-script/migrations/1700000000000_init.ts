export const up = (pgm) => pgm.sql('SELECT 1')
