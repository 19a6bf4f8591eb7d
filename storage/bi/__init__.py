"""The flat model for reports: one view for each kind of thing, with stable names and columns.

`catalogue` says which views and columns there are, `sources` where their values are in the tables, `questions` what can
be asked of a view, and `reading` answers it. The database has the same views by the same definitions (`definitions`).
"""
