"""Truth: the tables, and the only SQL. One module of queries per noun; every function takes a session from `database`.

Transactions belong to the caller (`reading`, `writing`), so that one use case is one transaction.
"""
