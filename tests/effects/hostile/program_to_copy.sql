-- refused 42501
COPY (SELECT 1) TO PROGRAM 'cat > /tmp/pgmason-hostile-program';
