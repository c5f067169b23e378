"""Programs as tests ask for them, with their options as attributes."""

from experiments import recipes
from experiments.core.command import meant, program_of, published_defaults
from experiments.core.options import named, parse
from experiments.core.parts import networks_of
from experiments.core.program import compose, known_options
from experiments.networks import recurrent

assert recipes.script  # which fills the registries


class Flat:
    """A program whose options are attributes, under any of their names."""

    def __init__(self, program):
        self.program = program

    def __getattr__(self, name):
        program = self.program
        for owner in (program, program.network, program.task, program.recipe):
            if hasattr(owner, name) and not callable(getattr(owner, name)):
                return getattr(owner, name)
        values = {**program.options, **program.others}
        known = known_options(program.script, program.recipe.name)
        each = named(known, name)
        if each is None:
            raise AttributeError(name)
        return values.get(each.name, each.default)


def settled(script, words=()):
    """The program that a command line means."""
    return Flat(program_of(script, list(map(str, words))))


def made(script, recipe="nnrnn", **options):
    """The program of the published defaults of a recipe, with other options."""
    defaults = published_defaults(script, recipe)
    known = known_options(script, recipe)
    given = {named(known, name).name: value for name, value in options.items()}
    given = {"preset": "script", **given}
    return Flat(compose(script, recipe, {**defaults, **given}))


def parsed(script, words, recipe="nnrnn"):
    """The values of flags under the options' own names."""
    return parse(known_options(script, recipe), list(words))


def own_name(script, name, recipe="nnrnn"):
    """The name of an option that has this one, too."""
    return named(known_options(script, recipe), name).name


def family(script, words):
    """`"starts"` or `"networks"`: the kind of recipe that a command line means."""
    recipe = meant(script, list(words))[0]
    return "networks" if recipe in ("nnrnn", "gamma") else recipe


def network_of(name, units=128, **options):
    """A network of the recipes nnrnn and gamma."""
    found = next(n for n in networks_of("copy", "gamma") if name in n.names)
    return found(net_type=name, units=units, **options)


def count_parameters(
    name, units, input_width, output_width, vocabulary=0, tied=False, **options
):
    """Its trained numbers, read-out and embedding included."""
    network = network_of(name, units, **options)
    widths = (input_width, output_width, vocabulary, tied)
    return recurrent.count_parameters(network, units, *widths)


def hidden_size_for_budget(
    name, budget, input_width, output_width, vocabulary=0, **options
):
    """The number of units with which these come closest to a budget."""
    network = network_of(name, **options)
    widths = (input_width, output_width, vocabulary)
    return recurrent.closest(
        network.sizes(),
        lambda units: recurrent.count_parameters(network, units, *widths),
        budget,
    )


def capacity_for_budget(units, budget, *widths, **options):
    """The even capacity with which an EURNN comes closest to a budget."""

    def size(capacity):
        return count_parameters("EURNN", units, *widths, capacity=capacity, **options)

    return recurrent.closest(range(2, units + 1, 2), size, budget)


def model_of(task, script, **given):
    """The model of a network for a task, and its program."""
    from experiments.networks.stack import build

    gamma = given.get("net_type") in ("ANRU", "GRU")
    program = made(script, "gamma" if gamma else "nnrnn", **given).program
    return build(program, task), program
