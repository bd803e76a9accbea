"""python -m pgmason.cli"""

from pgmason.cli import main

main()
