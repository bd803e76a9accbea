-- refused 42601
DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = E'\x1b[2J\x1b]0;owned\x07\n::error::forged\r\nplan: nothing to do', ERRCODE = '42601'; END $$;
