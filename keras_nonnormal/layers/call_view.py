from typing import Any


def call_view(owner: Any, **own: Any) -> Any:
    """A view of a layer or cell for one call, with some attributes replaced.

    What a call makes once, such as a matrix or a dropout mask, has its place here:
    several calls may run at a time, in threads of their own.

    Args:
        owner: A built layer or cell. It stays as it is.
        **own: The attributes that differ.

    Returns:
        An object of the same class with the same variables.
    """
    view = object.__new__(type(owner))
    # Not by assignments: Keras would take tensors and layers for parts of the owner.
    vars(view).update(vars(owner))
    vars(view).update(own)
    return view
