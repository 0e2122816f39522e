"""TPC-H's queries 1, 3, 6 and 18, as section 2.4 of its specification has them with the values of its validation.

They are asked of customer, orders and lineitem, which are either three files
or what DuckDB unnests of the dataset of orders. What is compared is how
selective they are.
"""

import duckdb

# All rows of the answers, also of 3 and 18, which show the first 10 and 100; of 3 and 6, the lines are counted, too.
QUERIES = {
    1: """select l_returnflag, l_linestatus, sum(l_quantity), sum(l_extendedprice),
            sum(l_extendedprice * (1 - l_discount)), sum(l_extendedprice * (1 - l_discount) * (1 + l_tax)),
            avg(l_quantity), avg(l_extendedprice), avg(l_discount), count(*)
          from lineitem where l_shipdate <= date '1998-12-01' - interval 90 day
          group by l_returnflag, l_linestatus order by l_returnflag, l_linestatus""",
    3: """select l_orderkey, sum(l_extendedprice * (1 - l_discount)) as revenue, o_orderdate, o_shippriority, count(*)
          from customer, orders, lineitem
          where c_mktsegment = 'BUILDING' and c_custkey = o_custkey and l_orderkey = o_orderkey
            and o_orderdate < date '1995-03-15' and l_shipdate > date '1995-03-15'
          group by l_orderkey, o_orderdate, o_shippriority order by revenue desc, o_orderdate""",
    6: """select sum(l_extendedprice * l_discount), count(*) from lineitem
          where l_shipdate >= date '1994-01-01' and l_shipdate < date '1994-01-01' + interval 1 year
            and l_discount between 0.06 - 0.01 and 0.06 + 0.01 and l_quantity < 24""",
    18: """select c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice, sum(l_quantity)
           from customer, orders, lineitem
           where o_orderkey in (select l_orderkey from lineitem group by l_orderkey having sum(l_quantity) > 300)
             and c_custkey = o_custkey and o_orderkey = l_orderkey
           group by c_name, c_custkey, o_orderkey, o_orderdate, o_totalprice
           order by o_totalprice desc, o_orderdate""",
}
# Query 18 asks for more than 300, which one in 24,000 orders has; of less there are enough to compare.
QUANTITIES = [100, 150, 200, 250]
ASKED = "l_orderkey, l_quantity, l_extendedprice, l_discount, l_tax, l_returnflag, l_linestatus, l_shipdate"


def of_files(folder):
    """Customers, orders and line items, a file each."""
    connection = duckdb.connect()
    for table in ("customer", "orders", "lineitem"):
        connection.execute(f"create view {table} as from read_parquet('{folder}/{table}.parquet')")
    return connection


def of_dataset(folder):
    """Orders with their lines in them, unnested."""
    connection = duckdb.connect()
    connection.execute(f"create view nested as from read_parquet('{folder}/*.parquet')")
    connection.execute(
        "create view customer as select distinct o_custkey c_custkey, customer.c_name, customer.c_mktsegment from nested"
    )
    connection.execute("create view orders as select * exclude (customer, lines) from nested")
    connection.execute(
        f"create table lineitem as select {ASKED} from "
        "(select o_orderkey l_orderkey, unnest(lines, recursive := true) from nested)"
    )
    return connection


def selectivities(connection):
    """What share of the line items or of the orders each query lets pass, and how many orders query 18 finds."""

    def ask(query):
        return connection.execute(query).fetchall()

    orders, lines = ask("select (select count(*) from orders), count(*) from lineitem")[0]
    found = {}
    for flag, status, *_, count in ask(QUERIES[1]):
        found[f"1, lines of {flag} {status}"] = count / lines
    found["1, lines"] = sum(found.values())
    groups = ask(QUERIES[3])
    found["3, orders"] = len(groups) / orders
    found["3, lines"] = sum(group[-1] for group in groups) / lines
    found["6, lines"] = ask(QUERIES[6])[0][1] / lines
    counts = ", ".join(f"count(*) filter (quantity > {quantity})" for quantity in QUANTITIES)
    sums = ask(f"select {counts} from (select sum(l_quantity) quantity from lineitem group by l_orderkey)")[0]
    for quantity, count in zip(QUANTITIES, sums):
        found[f"18, orders of more than {quantity}"] = count / orders
    return found, len(ask(QUERIES[18]))
