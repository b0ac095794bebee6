"""One job of DuckDB beside `interdict rescreen`; started by benches/rescreen.rs.

    python3 rescreen.py JOB FILE LISTED OUT THREADS

JOB is `count` (a semi-join: how many rows are listed) or `rows` (every row,
with a flag). DuckDB compares text with text: a listed address in another
spelling is not found, nothing is read as an address, and no row is refused.
Prints one line: seconds of the query, seconds of the process, hits, peak KiB.
"""

import os
import resource
import sys
import time

import duckdb

job, path, listed, out, threads = sys.argv[1:]
database = duckdb.connect()
database.execute(f"SET threads = {int(threads)}")
database.execute(f"CREATE TABLE listed AS SELECT DISTINCT address FROM read_csv('{listed}', header = true, all_varchar = true)")
source = f"read_parquet('{path}')" if path.endswith(".parquet") else f"read_csv('{path}', header = true, delim = ',')"
begun = time.perf_counter()
if job == "count":
    hits = database.execute(f"SELECT count(*) FROM {source} SEMI JOIN listed USING (address)").fetchone()[0]
    took = time.perf_counter() - begun
else:
    to = "FORMAT parquet" if out.endswith(".parquet") else "FORMAT csv, HEADER"
    database.execute(
        f"COPY (SELECT book.*, listed.address IS NOT NULL AS listed FROM {source} AS book"
        f" LEFT JOIN listed ON book.address = listed.address) TO '{out}' ({to})"
    )
    took = time.perf_counter() - begun
    written = f"read_parquet('{out}')" if out.endswith(".parquet") else f"read_csv('{out}', header = true)"
    hits = 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
if job == "rows":
    hits = database.execute(f"SELECT count(*) FROM {written} WHERE listed").fetchone()[0]
    os.remove(out)
print(took, time.process_time(), hits, peak)
