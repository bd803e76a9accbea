-- at most 2 lines differ
alter type order_state add value 'sent' before 'paid';
alter type order_state add value 'gone away';
