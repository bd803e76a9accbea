-- refused 42501,42602,42704
ALTER EVENT TRIGGER pgmason_note_rewrite DISABLE;
