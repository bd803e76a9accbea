// The tests run on PostgreSQL, on the database that DATABASE_URL names, and empty it before each test:
//   pgmason scratch -- npx jest
const typescript = { jsc: { target: "es2022", parser: { syntax: "typescript" } }, module: { type: "commonjs" } };

export default {
  testEnvironment: "node",
  testMatch: ["<rootDir>/tests/**/*.test.ts"],
  transform: { "\\.ts$": ["@swc/jest", typescript] },
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
};
