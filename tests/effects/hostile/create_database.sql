-- refused 42501
CREATE DATABASE mine;
