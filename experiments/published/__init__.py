"""What was published: tables as CSV files, and grids as products."""
