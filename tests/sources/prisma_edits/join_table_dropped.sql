-- at most 2 lines differ
drop table "_CustomerToTag";
