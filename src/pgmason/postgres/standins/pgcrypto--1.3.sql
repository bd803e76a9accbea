-- A stand-in for servers built without OpenSSL. What core PostgreSQL can do is done; crypt, hmac and the PGP functions
-- raise an error that says so, because a wrong result would be worse than none.
CREATE FUNCTION digest(data bytea, type text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
BEGIN
  RETURN CASE pg_catalog.lower(type)
    WHEN 'md5' THEN pg_catalog.decode(pg_catalog.md5(data), 'hex')
    WHEN 'sha224' THEN pg_catalog.sha224(data)
    WHEN 'sha256' THEN pg_catalog.sha256(data)
    WHEN 'sha384' THEN pg_catalog.sha384(data)
    WHEN 'sha512' THEN pg_catalog.sha512(data)
  END;
END$$;
CREATE FUNCTION digest(data text, type text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE bytes bytea := pg_catalog.convert_to(data, 'UTF8');
BEGIN
  RETURN CASE pg_catalog.lower(type)
    WHEN 'md5' THEN pg_catalog.decode(pg_catalog.md5(bytes), 'hex')
    WHEN 'sha224' THEN pg_catalog.sha224(bytes)
    WHEN 'sha256' THEN pg_catalog.sha256(bytes)
    WHEN 'sha384' THEN pg_catalog.sha384(bytes)
    WHEN 'sha512' THEN pg_catalog.sha512(bytes)
  END;
END$$;
CREATE FUNCTION gen_random_bytes(count integer) RETURNS bytea LANGUAGE sql VOLATILE STRICT PARALLEL SAFE AS $$
  SELECT pg_catalog.substring(pg_catalog.string_agg(pg_catalog.uuid_send(pg_catalog.gen_random_uuid()), ''), 1, count)
  FROM pg_catalog.generate_series(0, count / 16)$$;
CREATE FUNCTION gen_random_uuid() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$SELECT pg_catalog.gen_random_uuid()$$;
CREATE FUNCTION refuse_stand_in(name text) RETURNS void LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  RAISE EXCEPTION '% needs the real pgcrypto; this scratch server has a stand-in', name USING ERRCODE = 'feature_not_supported';
END$$;
CREATE FUNCTION gen_salt(type text) RETURNS text LANGUAGE plpgsql VOLATILE STRICT AS $$BEGIN PERFORM refuse_stand_in('gen_salt'); RETURN NULL; END$$;
CREATE FUNCTION gen_salt(type text, rounds integer) RETURNS text LANGUAGE plpgsql VOLATILE STRICT AS $$BEGIN PERFORM refuse_stand_in('gen_salt'); RETURN NULL; END$$;
CREATE FUNCTION crypt(password text, salt text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$BEGIN PERFORM refuse_stand_in('crypt'); RETURN NULL; END$$;
CREATE FUNCTION hmac(data text, key text, type text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$BEGIN PERFORM refuse_stand_in('hmac'); RETURN NULL; END$$;
CREATE FUNCTION hmac(data bytea, key bytea, type text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$BEGIN PERFORM refuse_stand_in('hmac'); RETURN NULL; END$$;
CREATE FUNCTION encrypt(data bytea, key bytea, type text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$BEGIN PERFORM refuse_stand_in('encrypt'); RETURN NULL; END$$;
CREATE FUNCTION decrypt(data bytea, key bytea, type text) RETURNS bytea LANGUAGE plpgsql IMMUTABLE STRICT AS $$BEGIN PERFORM refuse_stand_in('decrypt'); RETURN NULL; END$$;
CREATE FUNCTION pgp_sym_encrypt(data text, password text) RETURNS bytea LANGUAGE plpgsql VOLATILE STRICT AS $$BEGIN PERFORM refuse_stand_in('pgp_sym_encrypt'); RETURN NULL; END$$;
CREATE FUNCTION pgp_sym_decrypt(message bytea, password text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$BEGIN PERFORM refuse_stand_in('pgp_sym_decrypt'); RETURN NULL; END$$;
