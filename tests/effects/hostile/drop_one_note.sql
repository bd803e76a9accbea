-- refused 42501,42602,42704
DROP EVENT TRIGGER pgmason_note_end;
