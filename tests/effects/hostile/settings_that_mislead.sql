-- harmless
SET quote_all_identifiers = on;
SET client_encoding = 'LATIN1';
SET standard_conforming_strings = on;
SET bytea_output = 'escape';
SET DateStyle = 'German';
SET IntervalStyle = 'iso_8601';
SET extra_float_digits = -5;
SET client_min_messages = 'debug5';
SET default_transaction_isolation = 'serializable';
SET plpgsql.extra_errors = 'all';
SET TimeZone = 'Pacific/Kiritimati';
CREATE TABLE t (id int);
