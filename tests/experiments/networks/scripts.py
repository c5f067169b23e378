"""The scripts with experiments on networks."""

SCRIPTS = ("copy", "addition", "psmnist", "ptb_char")
