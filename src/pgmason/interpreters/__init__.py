"""What do a product's own programs say: its models, its migrations in Python or JavaScript?

They are run as children of ours, by the product's own interpreter, with its own libraries. SQL text is untrusted and
contained; a program is not: it runs with the caller's rights, as the product's own tests do, and `--no-code` refuses
it. What a child is given is little: an environment from an allow-list, without the product's database URLs and
secrets; a scratch database where a tool must connect; a limit on time and memory. Each file imports only files above:

    permission.py    whether code may run: --no-code
    environment.py   what a child's environment holds
    children.py      a child: started, limited, ended, its answer read
    python.py        the product's Python: found, and asked
    node.py          the product's Node: found, and asked
    models.py        the DDL of SQLAlchemy metadata
    tools.py         the product's migration tools, recorded while they run on a scratch database
    drivers/         what is run inside the product's interpreter; nothing of ours can be imported there

What becomes of the answers is sources/; files that are only read are formats/. `products/` finds products.
"""
