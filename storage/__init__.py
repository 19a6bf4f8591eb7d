"""Tables, exact money, migrations, and every SQL statement of the product."""
