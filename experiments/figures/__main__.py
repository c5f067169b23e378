"""`python -m experiments.figures`."""

from experiments.figures import main

if __name__ == "__main__":
    raise SystemExit(main())
