"""The papers' tables: what each row is, how it is run, and what the paper printed."""
