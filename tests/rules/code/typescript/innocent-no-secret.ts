// innocent: secret-in-code
export const local = "postgres://postgres:postgres@localhost:5432/dev";
export const example = "postgresql://user:password@host:5432/database";
export const url = `postgres://${process.env.DB_USER}:${process.env.DB_PASSWORD}@db.acme.io/prod`;
export const PASSWORD_RESET_TOKEN = "password_reset_token";
export const tokenUrl = "https://accounts.acme.io/oauth2/token";
