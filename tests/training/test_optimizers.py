import warnings

import keras
import numpy as np
import pytest

from keras_nonnormal.optimizers import AdamTorch, RMSpropTorch
from keras_nonnormal.training import two_rate_optimizer


def test_rmsprop_has_its_alpha_both_rates_and_the_decay_of_upper():
    optimizer = two_rate_optimizer(
        "RMSprop", 5e-4, orthogonal_rate=1e-6, alpha=0.9, upper_decay=1e-5
    )
    assert type(optimizer) is RMSpropTorch
    assert optimizer.rho == 0.9
    assert optimizer.epsilon == 1e-8
    assert float(optimizer.learning_rate) == pytest.approx(5e-4)
    assert optimizer.rate_factors == pytest.approx({"skew": 1e-6 / 5e-4})
    assert optimizer.coupled_weight_decay == {"upper": 1e-5}


def test_adam_has_its_betas_and_the_clipping():
    optimizer = two_rate_optimizer("Adam", 2e-3, betas=(0.0, 0.9), clip_norm=10.0)
    assert type(optimizer) is AdamTorch
    assert (optimizer.beta_1, optimizer.beta_2) == (0.0, 0.9)
    assert optimizer.global_clipnorm == 10
    assert two_rate_optimizer("Adam", 1e-3, clip_value=5.0).clipvalue == 5


def test_all_weights_decay_or_upper_alone_does():
    assert two_rate_optimizer("Adam", 1e-3).coupled_weight_decay == 0
    optimizer = two_rate_optimizer("Adam", 1e-3, weight_decay=1e-4)
    assert optimizer.coupled_weight_decay == 1e-4


def test_freezing_gamma_is_a_factor_of_zero():  # Row 36
    optimizer = two_rate_optimizer("RMSprop", 1e-3, gamma_frozen=True)
    gamma = keras.Variable(np.ones(2, "float32"), name="gamma")
    optimizer.apply([keras.ops.ones(2)], [gamma])
    np.testing.assert_array_equal(gamma.numpy(), 1)


def test_a_rate_for_orthogonal_variables_that_are_not_there_is_warned_of():
    kernel = [keras.Variable(np.ones(2, "float32"), name="kernel")]
    with pytest.warns(UserWarning, match="skew"):
        two_rate_optimizer("Adam", 1e-3, orthogonal_rate=1e-4).build(kernel)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        two_rate_optimizer("Adam", 1e-3).build(kernel)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "SGD"}, "RMSprop"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"orthogonal_rate": -1.0}, "orthogonal_rate"),
        ({"clip_norm": 1.0, "clip_value": 1.0}, "not both"),
        ({"upper_decay": 1.0, "weight_decay": 1.0}, "not both"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(settings, message):
    with pytest.raises(ValueError, match=message) as error:
        two_rate_optimizer(**{"name": "Adam", "learning_rate": 1e-3, **settings})
    assert "\n" not in str(error.value)
