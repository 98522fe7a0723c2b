"""The benchmark's jobs as users of pandas, polars and DuckDB would write them.

    python peers.py ENGINE

Imports the engine, prints `ready`, reads one JSON line `{"job", "sales", "products", "output"}` and prints the answer as
one JSON line: a list of rows. SKUs have leading zeros, so every engine is told that they are text.
"""

import json
import sys


def share(part, whole):
    """In per cent, with the two digits that DuckDB's SUMMARIZE gives."""
    return round(100 * int(part) / whole, 2)


def pandas_engine(engine):
    import pandas as pd

    options = {"engine": engine, "dtype": {"sku": str}}

    def read(path, columns=None):
        return pd.read_csv(path, usecols=columns, **options)

    def profile(task):
        table = read(task["sales"])
        table.describe(include="all")
        table.nunique()
        return [[len(table)], *([name, share(table[name].isna().sum(), len(table))] for name in table.columns), [float(table["price"].mean())]]

    def group(task, table=None):
        table = read(task["sales"], ["city", "quantity", "price"]) if table is None else table
        found = table.groupby("city").agg(n=("price", "size"), total=("quantity", "sum"), mean=("price", "mean")).sort_index()
        return [[city, int(n), int(total), float(mean)] for city, n, total, mean in found.itertuples()]

    def select(task):
        table = read(task["sales"])
        found = table[(table["quantity"] > 90) & (table["price"] < 500)]
        found.to_parquet(task["output"])
        return [[len(found), int(found["id"].sum())]]

    def top(task):
        found = read(task["sales"]).sort_values(["price", "id"], ascending=[False, True]).head(100_000)
        found.to_parquet(task["output"])
        return [[len(found), int(found["id"].sum())]]

    def join(task, table=None):
        table = read(task["sales"], ["sku", "quantity"]) if table is None else table[["sku", "quantity"]]
        products = read(task["products"])
        joined = table.merge(products, on="sku")
        joined["load"] = joined["quantity"] * joined["weight"]
        found = joined.groupby("category").agg(n=("sku", "size"), load=("load", "sum")).sort_index()
        return [[category, int(n), float(load)] for category, n, load in found.itertuples()]

    def parquet(task):
        table = read(task["sales"])
        table.to_parquet(task["output"])
        return [[len(table)]]

    def first(task):
        table = pd.read_csv(task["sales"], nrows=20, dtype={"sku": str})
        return [[int(cell)] for cell in table["id"]]

    def five(task):
        table = read(task["sales"])
        days = table.groupby("day").size()
        peak = days[days == days.max()].sort_index()
        return [
            *group(task, table),
            [int((table["quantity"] > 90).sum())],
            [str(peak.index[0]), int(peak.iloc[0])],
            [int(table["sku"].nunique())],
            [float(table["price"].max()), float(table["price"].min())],
        ]

    return locals()


def polars_engine(*, own_parquet=False):
    import polars as pl

    def scan(path):
        return pl.scan_csv(path, schema_overrides={"sku": pl.String}, try_parse_dates=True)

    def run(frame):
        return frame.collect(engine="streaming")

    def profile(task):
        table = scan(task["sales"])
        names = table.collect_schema().names()
        nulls = [pl.col(name).null_count().alias(f"nulls {name}") for name in names]
        others = [
            expression
            for name in names
            for expression in (
                pl.col(name).approx_n_unique().alias(f"distinct {name}"),
                pl.col(name).min().alias(f"min {name}"),
                pl.col(name).max().alias(f"max {name}"),
            )
        ]
        means = [pl.col(name).mean().alias(f"mean {name}") for name in ("id", "quantity", "price")]
        deviations = [pl.col(name).std().alias(f"std {name}") for name in ("id", "quantity", "price")]
        found = run(table.select(pl.len().alias("rows"), *nulls, *others, *means, *deviations)).row(0, named=True)
        return [[found["rows"]], *([name, share(found[f"nulls {name}"], found["rows"])] for name in names), [found["mean price"]]]

    def group(task):
        found = run(scan(task["sales"]).group_by("city").agg(pl.len(), pl.col("quantity").sum(), pl.col("price").mean()).sort("city"))
        return [list(row) for row in found.rows()]

    def kept(task, frame):
        frame.sink_parquet(task["output"])
        return [list(pl.scan_parquet(task["output"]).select(pl.len(), pl.col("id").sum()).collect().row(0))]

    def select(task):
        return kept(task, scan(task["sales"]).filter((pl.col("quantity") > 90) & (pl.col("price") < 500)))

    def top(task):
        return kept(task, scan(task["sales"]).sort(["price", "id"], descending=[True, False]).head(100_000))

    def join(task):
        joined = scan(task["sales"]).join(scan(task["products"]), on="sku")
        load = (pl.col("quantity") * pl.col("weight")).sum().alias("load")
        return [list(row) for row in run(joined.group_by("category").agg(pl.len(), load).sort("category")).rows()]

    def parquet(task):
        return [kept(task, scan(task["sales"]))[0][:1]]

    def first(task):
        return [[cell] for cell in scan(task["sales"]).head(20).collect()["id"]]

    def questions(task, table):
        days = run(table.group_by("day").len().sort(["len", "day"], descending=[True, False]).head(1)).row(0)
        return [
            *(list(row) for row in run(table.group_by("city").agg(pl.len(), pl.col("quantity").sum(), pl.col("price").mean()).sort("city")).rows()),
            [run(table.filter(pl.col("quantity") > 90).select(pl.len())).item()],
            [str(days[0]), days[1]],
            [run(table.select(pl.col("sku").n_unique())).item()],
            list(run(table.select(pl.col("price").max(), pl.col("price").min().alias("least"))).row(0)),
        ]

    def five(task):
        if not own_parquet:
            return questions(task, scan(task["sales"]))
        scan(task["sales"]).sink_parquet(task["output"])
        return questions(task, pl.scan_parquet(task["output"]))

    return {"five": five} if own_parquet else locals()


def duckdb_engine():
    import duckdb

    database = duckdb.connect()

    def read(path):
        return f"read_csv('{path}', types = {{'sku': 'VARCHAR'}})"

    def ask(sql):
        return [[cell if isinstance(cell, (int, float, str)) else str(cell) for cell in row] for row in database.sql(sql).fetchall()]

    def profile(task):
        described = database.sql(f"summarize from {read(task['sales'])}").fetchall()
        rows = described[0][10]
        nulls = [[row[0], float(row[11])] for row in described]
        mean = next(float(row[5]) for row in described if row[0] == "price")
        return [[rows], *nulls, [mean]]

    def group(task):
        return ask(f"select city, count(*), sum(quantity)::bigint, avg(price) from {read(task['sales'])} group by city order by city")

    def kept(task, sql):
        database.sql(f"copy ({sql}) to '{task['output']}' (format parquet)")
        return ask(f"select count(*), sum(id)::bigint from '{task['output']}'")

    def select(task):
        return kept(task, f"from {read(task['sales'])} where quantity > 90 and price < 500")

    def top(task):
        return kept(task, f"from {read(task['sales'])} order by price desc, id limit 100000")

    def join(task):
        tables = f"{read(task['sales'])} join {read(task['products'])} using (sku)"
        return ask(f"select category, count(*), sum(quantity * weight) from {tables} group by category order by category")

    def parquet(task):
        return [kept(task, f"from {read(task['sales'])}")[0][:1]]

    def first(task):
        return ask(f"select id from {read(task['sales'])} limit 20")

    def five(task):
        source = read(task["sales"])
        return [
            *group(task),
            *ask(f"select count(*) from {source} where quantity > 90"),
            *ask(f"select day, count(*) as n from {source} group by day order by n desc, day limit 1"),
            *ask(f"select count(distinct sku) from {source}"),
            *ask(f"select max(price), min(price) from {source}"),
        ]

    return locals()


ENGINES = {
    "pandas": lambda: pandas_engine("c"),
    "pandas-pyarrow": lambda: pandas_engine("pyarrow"),
    "polars": polars_engine,
    "polars-parquet": lambda: polars_engine(own_parquet=True),
    "duckdb": duckdb_engine,
}

jobs = ENGINES[sys.argv[1]]()
print("ready", flush=True)
task = json.loads(sys.stdin.readline())
job = jobs.get(task["job"])
print(json.dumps({"missing": True} if job is None else {"answer": job(task)}), flush=True)
sys.stdin.readline()
