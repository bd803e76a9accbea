-- refused 42501
SET ROLE pgmason;
