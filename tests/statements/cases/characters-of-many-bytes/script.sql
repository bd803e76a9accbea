-- größer; 😀
CREATE TABLE "größe 😀" (é int); SELECT 'ü😀' AS  x;
	SELECT 1 AS ñ