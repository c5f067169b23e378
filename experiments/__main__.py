"""The experiments: `python -m experiments` lists the scripts and their recipes.

python -m experiments presets              every preset of every script
python -m experiments presets 'doc/*'      some of them, with their published results
python -m experiments compare --help       all networks side by side, at one size
python -m experiments reproduce --help     the runs of the results page, and the page
"""

import argparse
import fnmatch
import sys
from collections.abc import Callable

from experiments import recipes
from experiments.core.parts import RECIPES, presets_of, recipes_of, scripts
from experiments.sweeps import compare, reproduce

# Commands with flags of their own, which take the arguments behind their name.
COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "compare": compare.main,
    "reproduce": reproduce.main,
}


def main(arguments: list[str] | None = None) -> int:
    """Prints a list, or does a command; returns the exit code, 1 if no preset fits."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments and (command := COMMANDS.get(arguments[0])):
        return command(arguments[1:])
    parser = argparse.ArgumentParser(
        prog="python -m experiments",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=("presets",), help="what to list")
    parser.add_argument("glob", nargs="?", default="*", help="names, such as 'doc/*'")
    asked = parser.parse_args(arguments)
    assert recipes.script  # imported for what it registers
    if asked.what is None:
        for script in scripts():
            print(f"{script}.py: {', '.join(recipes_of(script))}")
        for name, recipe in RECIPES.items():
            print(f"  {name}: {recipe.about}")
        print("python -m experiments presets [GLOB] lists their presets")
        return 0
    count = 0
    for script in scripts():
        for recipe in recipes_of(script):
            for name, row in presets_of(script, recipe).items():
                if not fnmatch.fnmatch(name, asked.glob):
                    continue
                count += 1
                settings = " ".join(f"{k}={v}" for k, v in row.settings.items())
                result = f" | published: {row.result}" if row.result else ""
                print(f"{script} {name} ({recipe}): {settings}{result}")
    if not count:
        print(f"no preset fits {asked.glob!r}")
    return 0 if count else 1


if __name__ == "__main__":
    raise SystemExit(main())
