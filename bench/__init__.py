"""Measurements and long proofs: what the suite has no time for, run by hand or at night.

python -m bench            ratios against a baseline of the same run; writes bench/RESULTS.md
python -m bench.corpus     init, gate, docs, check on real products against counts that PostgreSQL gives itself
python -m bench.torture    kills, full disks and damaged caches at random moments; the next command must work
python -m bench.pages      refreshes what is generated in docs/

commands.py      pgmason as a child process, with a home of its own
histories.py     generated migrations and the large schema, the same each time
machine.py       what the numbers were measured on; the digest of the code
measurement.py   one number beside its baseline and budget
plain_server.py  a PostgreSQL server that pgmason does not manage
prisma_reading.py  a schema.prisma of 1,000 models, read and lowered
"""
