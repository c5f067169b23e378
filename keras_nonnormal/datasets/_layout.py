"""Layouts of data sets: the published one beside a corrected one."""


def check_layout(layout: str) -> None:
    """Raises a one-line ValueError unless `layout` is one of the two."""
    if layout not in ("corrected", "published"):
        raise ValueError(
            'Expected `layout` to be "corrected" or "published". '
            f"Received: layout={layout!r}"
        )


def repeated_steps(inputs, targets, repeat: int):
    """Shows every step `repeat` times, and the target of a sequence at every step.

    Args:
        inputs: Tensor of shape `(batch, steps, features)`.
        targets: Integer tensor of shape `(batch,)`.
        repeat: Positive integer.

    Returns:
        Inputs of shape `(batch, steps * repeat, features)`, and int32 targets of shape
        `(batch, steps * repeat)`.
    """
    import tensorflow as tf

    if repeat > 1:
        inputs = tf.repeat(inputs, repeat, axis=1)
    targets = tf.cast(targets, tf.int32)[:, tf.newaxis]
    return inputs, tf.repeat(targets, inputs.shape[1], axis=1)
