"""python -m pgmason"""

from pgmason.cli import main

main()
