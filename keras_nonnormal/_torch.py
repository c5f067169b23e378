"""The primitives of `keras_nonnormal._backend` in PyTorch, which differentiates loops.

Nothing is compiled: recurrent layers run in Keras's own loop, and what is built from
`scan` runs step by step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

LOOPS_COMPILED = False
LENGTHS_VARY = False
LOOPS_NEED_GRADIENTS = False


def in_graph() -> bool:
    """Whether a graph is being made rather than numbers."""
    return False


def known(tensor: Any, shape: Sequence[int | None]) -> Any:
    """A tensor that a graph knows to be of this shape, too."""
    return tensor


def frozen(function: Callable) -> Any:
    """The tensor ``function()`` as a constant, also where a graph is being made."""
    return function()


def jit(function: Callable, xla: bool = True) -> Callable:
    """``function`` itself."""
    return function


def cached(function: Callable) -> Callable:
    """``function`` itself."""
    return function


def scan(
    body: Callable,
    carry: tuple,
    sequences: tuple,
    outputs: tuple,
    reverse: bool = False,
    length: Any = None,
) -> tuple[tuple, tuple]:
    """Folds ``body(carry, slices) -> (carry, outputs)`` over the first axis."""
    times = range(len(sequences[0]))
    results: list[Any] = [None] * len(times)
    for t in reversed(times) if reverse else times:
        carry, results[t] = body(carry, tuple(x[t] for x in sequences))
    return tuple(carry), tuple(map(torch.stack, zip(*results, strict=True)))


def vjp(function: Callable, *primals: Any) -> tuple[tuple, Callable]:
    """``function(*primals)`` and the map from its cotangents to the primals'."""
    higher = torch.is_grad_enabled()
    with torch.enable_grad():
        primals = tuple(_watched(x, higher) for x in primals)
        outputs = tuple(function(*primals))

    def pullback(cotangents):
        pairs = [
            (output, cotangent)
            for output, cotangent in zip(outputs, cotangents, strict=True)
            if output.requires_grad
        ]
        if not pairs:
            return tuple(map(torch.zeros_like, primals))
        return torch.autograd.grad(
            [output for output, _ in pairs],
            primals,
            [cotangent for _, cotangent in pairs],
            retain_graph=True,
            create_graph=higher and torch.is_grad_enabled(),
            materialize_grads=True,
        )

    return outputs, pullback


def batch_jacobian(function: Callable, primal: Any) -> Any:
    """The Jacobian ``(B, m, n)``, by sample, of a function ``(B, n) -> (B, m)``."""
    (output,), pullback = vjp(lambda x: (function(x),), primal)
    rows = torch.eye(output.shape[-1], dtype=output.dtype, device=output.device)
    columns = [pullback((row.expand_as(output),))[0] for row in rows]
    return torch.stack(columns, dim=1)


def custom_gradient(function: Callable) -> Callable:
    """``function(*args) -> (outputs, pullback)`` with that pullback as gradient."""

    def of_tensors(*args):
        args = tuple(torch.as_tensor(getattr(x, "value", x)) for x in args)
        return _CustomGradient.apply(function, *args)

    return of_tensors


def accelerated(plain: Callable, forward: Callable, backward: Callable) -> Callable:
    """``plain``: without a compiler there is nothing faster."""
    return plain


class _CustomGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx, function, *args):
        outputs, ctx.pullback = function(*args)
        ctx.function = function
        ctx.save_for_backward(*args)
        return outputs

    @staticmethod
    def backward(ctx, *cotangents):
        pullback = ctx.pullback
        if torch.is_grad_enabled():
            # A derivative of the gradient is wanted: it depends on the arguments.
            _, pullback = ctx.function(*ctx.saved_tensors)
        return None, *pullback(cotangents)


def _watched(tensor, higher):
    """A tensor to differentiate by, which depends on the one given if it may."""
    if higher and tensor.requires_grad:
        return tensor.view_as(tensor)
    return tensor.detach().requires_grad_()
