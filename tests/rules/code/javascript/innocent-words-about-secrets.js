// innocent: secret-in-code
export const config = {
  host: "127.0.0.1",
  password: "dev-only-9",
  secretName: "projects/acme/secrets/database-password",
  apiKeyHeader: "x-api-key",
  token: process.env.TOKEN,
};
