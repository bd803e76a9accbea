-- AlterTable
ALTER TABLE "customers" ADD COLUMN     "marketingOptIn" BOOLEAN NOT NULL DEFAULT false,
ADD COLUMN     "tax_number" TEXT;

-- By hand: a customer has at most one default address.
CREATE UNIQUE INDEX "addresses_one_default_key" ON "addresses"("customer_id") WHERE "is_default";
