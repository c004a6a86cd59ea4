"""Runs every statement of a file: sql.py duckdb|clickhouse FILE. Prints a list of rows for each."""
import json
import sys


def statements(text):
    """The statements without their comments; no recipe has a semicolon elsewhere."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    return [one for one in code.split(";") if one.strip()]


def duckdb(statement):
    global connection
    import duckdb as engine
    connection = globals().get("connection") or engine.connect()
    return [list(row) for row in connection.execute(statement).fetchall()]


def clickhouse(statement):
    global session
    from chdb.session import Session
    if "session" not in globals():
        session = Session()
        session.query("CREATE DATABASE IF NOT EXISTS upstream")
        session.query("USE upstream")
    rows = session.query(statement, "JSONCompactEachRow").data()
    return [json.loads(line) for line in rows.splitlines() if line]


run = {"duckdb": duckdb, "clickhouse": clickhouse}[sys.argv[1]]
with open(sys.argv[2], encoding="utf-8") as file:
    results = [run(one) for one in statements(file.read())]
json.dump(results, sys.stdout, default=str)
