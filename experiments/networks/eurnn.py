"""EURNN: Jing et al. (2017), https://arxiv.org/abs/1612.05231."""

import math
from dataclasses import dataclass

from experiments.core.options import option
from experiments.networks.recurrent import MOST_UNITS, WithStair


@dataclass(frozen=True)
class UnitaryNetwork(WithStair):
    """EURNN: the recurrent matrix is a product of rotations of pairs of units."""

    names, group = ("EURNN",), "EURNN"
    no_exp_alpha = "has a non-linearity of complex units, exp-alpha is for real ones"
    before = {"rinit": None}

    capacity: int = option(4, "rotation stages, even", low=2)
    fft: bool = option(False, "the log2(units) stages of a Fourier transform")
    complex: bool = option(True, "complex numbers")

    def check_size(self):
        units, even = self.units, "expected an even number"
        if self.fft:
            odd = units < 2 or units & (units - 1)
            self.refuse_if(odd, "units", "--fft needs a power of two")
            return
        self.refuse_if(units % 2, "units", f"EURNN rotates pairs of units, {even}")
        odd = self.capacity % 2 or self.capacity > units
        self.refuse_if(odd, "capacity", f"{even} of at most --units, {units}")

    def sizes(self):
        if self.fft:
            return [2**power for power in range(1, int(math.log2(MOST_UNITS)) + 1)]
        return range(max(2, self.capacity), MOST_UNITS, 2)

    def count(self, features, units):
        stages = round(math.log2(units)) if self.fft else 0
        rotations = units // 2 * stages or self.capacity // 2 * (units - 1)
        kernel = features * units
        if self.complex:  # an angle and a phase each, a diagonal, and twice the kernel
            return 2 * rotations + units + 2 * kernel + units
        return rotations + kernel + units

    def settings(self, features):
        return {"capacity": self.capacity, "fft": self.fft, "complex": self.complex}

    def readout(self, features, classes):
        from keras.initializers import Constant, RandomUniform

        # From the width of the input, as published.
        bound = math.sqrt(6 / (classes + features))
        return {
            "kernel_initializer": RandomUniform(-bound, bound),
            "bias_initializer": Constant(0.01),
        }

    def idle(self, program):
        yield from super().idle(program)
        if self.fft:
            yield "capacity", "with --fft"
