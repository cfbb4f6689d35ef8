"""``python -m cf525``: the command line, where the script is not on the path."""

from cf525.cli.__main__ import main

if __name__ == "__main__":
    main()
