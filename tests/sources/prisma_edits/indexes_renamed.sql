-- at most 4 lines differ
alter index customers_created_at_idx rename to recent_customers;
alter index customers_email_key rename to mail;
