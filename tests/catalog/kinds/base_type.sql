CREATE TYPE public.promised;
CREATE TYPE public."Small Text";
CREATE FUNCTION public.small_in(cstring) RETURNS public."Small Text" LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION public.small_out(public."Small Text") RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE FUNCTION public.small_receive(internal) RETURNS public."Small Text" LANGUAGE internal STABLE STRICT AS 'textrecv';
CREATE FUNCTION public.small_send(public."Small Text") RETURNS bytea LANGUAGE internal STABLE STRICT AS 'textsend';
CREATE TYPE public."Small Text" (INPUT = public.small_in, OUTPUT = public.small_out, RECEIVE = public.small_receive,
    SEND = public.small_send, TYPMOD_IN = varchartypmodin, TYPMOD_OUT = varchartypmodout, ANALYZE = array_typanalyze,
    STORAGE = extended, CATEGORY = 'S', DEFAULT = 'it''s', DELIMITER = ';', COLLATABLE = true);
COMMENT ON TYPE public."Small Text" IS 'like text';
CREATE TYPE public.number_;
CREATE FUNCTION public.number_in(cstring) RETURNS public.number_ LANGUAGE internal IMMUTABLE STRICT AS 'int4in';
CREATE FUNCTION public.number_out(public.number_) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int4out';
CREATE TYPE public.number_ (INPUT = public.number_in, OUTPUT = public.number_out, LIKE = integer, CATEGORY = 'N', PREFERRED = true);
CREATE TYPE public.pair_;
CREATE FUNCTION public.pair_in(cstring) RETURNS public.pair_ LANGUAGE internal IMMUTABLE STRICT AS 'point_in';
CREATE FUNCTION public.pair_out(public.pair_) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'point_out';
CREATE TYPE public.pair_ (INPUT = public.pair_in, OUTPUT = public.pair_out, INTERNALLENGTH = 16, ALIGNMENT = double, ELEMENT = double precision);
CREATE TABLE public.kept (a public."Small Text", b public.number_[], c public."Small Text"(5), d public.pair_);
CREATE DOMAIN public.checked AS public.number_ CHECK (VALUE IS NOT NULL);
