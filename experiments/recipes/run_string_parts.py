"""The parts of the published programs' run strings, and what they mean here.

A run string is one word of parts with underscores between them:
`36_embproj_dropout:.3_timerepeat:2_findLSC_radius_targetnorm:.5`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.tasks.deep_rnn import INPUTS

RECURRENT, FORWARD = "deep_rnn", "ffn"
# What else there was, and is not offered.
VARIATIONS = ("randlsc", "randlambda1", "randlambda2", "waddnoise", "nosgd")
OTHER_SCALARS = ("supnpsd", "supsubnpsd", "logradius", "entrywise")
REFUSED = {
    **dict.fromkeys(
        VARIATIONS, "a variation of the published procedure that is not offered"
    ),
    **dict.fromkeys(
        (*OTHER_SCALARS, "normpow", "normsamples", "normri", "noimagloss"),
        "about another measure than the spectral radius, which alone is offered",
    ),
}
# Kinds of transitions, by the part that switches them on or off.
KIND_PARTS = {"lscrec": "rec", "lscdepth": "depth", "lscin": "enc", "lscout": "dec"}


@dataclass(frozen=True)
class Part:
    """What one part of a run string means.

    A part that says nothing here is understood together with others.

    Args:
        values: Options that it sets.
        option: The option that takes its value, if it has one.
        read: Turns the text of the value into a number or a word.
        note: What is to be said of it, such as why it has no effect.
        programs: The programs in which it does something.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    option: str | None = None
    read: Callable[[str], Any] = str
    note: str = ""
    programs: tuple[str, ...] = (RECURRENT, FORWARD)


def _switch(text: str) -> bool:
    words = {"1": True, "true": True, "0": False, "false": False}
    return words[text.lower()]


def _recurrent(**settings: Any) -> Part:
    return Part(programs=(RECURRENT,), **settings)


def _no_effect(why: str) -> Part:
    return Part(note=f"has no effect: {why}")


WORDS: dict[str, Part] = {
    **dict.fromkeys(("findLSC", "pretrained", "onlypretrain"), Part()),
    **dict.fromkeys(("onlyloadpretrained", "adabelief", "test"), Part()),
    "radius": Part(),
    **dict.fromkeys(("allns", "unbalanced", "lruLSC"), _recurrent()),
    **dict.fromkeys(INPUTS, _recurrent()),
    "mlminputs": _recurrent(values={"corrupt": 0.05}),
    "heinit": Part({"init": "he"}, programs=(FORWARD,)),
    "embproj": _recurrent(values={"tied": True}),
    "simplereadout": _recurrent(values={"tied": False}),
    "ffnlsc": _recurrent(),
    "nogradreset": _no_effect("no gradient goes through a reset, with it or without"),
    "clipping": _no_effect(
        "the published optimizer never received the norm; --clip-norm 1 clips"
    ),
    **dict.fromkeys(
        ("reoldspike", "wmultiplier", "wshuff"),
        _no_effect("the published procedure always does so"),
    ),
    "lscshuffw": _no_effect("it named a file"),
    "savelscweights": _no_effect("the run directory keeps the weights anyway"),
}
VALUES: dict[str, Part] = {
    "targetnorm": Part(read=float),
    **{name: _recurrent(read=_switch) for name in KIND_PARTS},
    "tsteps": Part(read=int),
    "mlmeps": _recurrent(read=int),
    "dropout": _recurrent(option="dropout", read=float),
    "timerepeat": _recurrent(option="repeat", read=int),
    "maxlen": _recurrent(option="window", read=int),
    "dampf": _recurrent(option="dampening", read=float),
    "lsclr": Part(option="pretrain_lr", read=float),
    "nbs": Part(option="pretrain_batch", read=int),
}
