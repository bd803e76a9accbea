// Tests in TypeScript, also where the product's own modules are ES modules.
module.exports = {
  testEnvironment: "node",
  testMatch: ["**/*.test.ts"],
  testPathIgnorePatterns: ["/node_modules/", "/dist/"],
  moduleNameMapper: { "^(\\.{1,2}/.*)\\.js$": "$1" },
  transform: {
    "^.+\\.ts$": [
      "ts-jest",
      {
        tsconfig: {
          target: "ES2022", module: "CommonJS", moduleResolution: "Node10", esModuleInterop: true, strict: true,
        },
      },
    ],
  },
};
