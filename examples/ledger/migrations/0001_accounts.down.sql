DROP TABLE accounts;
DROP TABLE bookkeepers;
DROP TYPE account_kind;
