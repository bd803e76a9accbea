
-- nothing;
/* here; */ ;; ;
