"""The published architectures and hyper-parameters of the recurrent experiments.

Networks have the names they have there: `rsimplernn` is a simple RNN with relu, or with
swish on Penn Treebank, `ssimplernn` one with the logistic function; `maLSNN` are
adaptive spiking neurons (ALIF+), `maLSNNb` the same with adaptation of either sign
(ALIF±); `lru` are residual blocks of linear recurrent units.
"""

from typing import NamedTuple

TASKS = ("wordptb", "heidelberg", "sl_mnist")
GATED = ("LSTM", "GRU")
SIMPLE = ("rsimplernn", "ssimplernn")
SPIKING = ("maLSNN", "maLSNNb")
NETWORKS = (*GATED, *SIMPLE, *SPIKING, "lru")
DEPTHS = (2, 5)
SEEDS = (0, 1, 2, 3)


class TaskSettings(NamedTuple):
    """What the recurrent experiments on a task have in common."""

    features: int  # per frame; for a text, the words of its vocabulary
    classes: int
    steps: int  # frames per sequence before they are repeated
    rate: float  # learning rate of networks that do not spike
    spiking_rate: float
    batch: int
    epochs: int  # at most


TASK_SETTINGS = {
    "wordptb": TaskSettings(10_000, 10_000, 100, 3.16e-4, 1e-3, 32, 250),
    "heidelberg": TaskSettings(700, 20, 250, 1e-3, 1e-3, 100, 450),
    "sl_mnist": TaskSettings(784, 10, 100, 1e-2, 1e-3, 256, 300),
}
# Networks of these depths had a smaller batch on the spoken digits.
SMALL_BATCHES = {"heidelberg": ((3, 5, 7), 32)}
DROPOUT, REPEAT, PATIENCE, HOURS = 0.3, 2, 10, 6.0
# Sequences per iteration of pre-training where nothing was published.
PRETRAIN_BATCH = 16
# Batches of which the published procedure sees every frame; iterations of that of lru.
PUBLISHED_BATCHES, PUBLISHED_LRU_STEPS = 2, 500
# Sequences per frame of the published procedure, where these are not those of training.
PRETRAIN_BATCHES = {
    **{("wordptb", net): 8 for net in GATED},
    **{("wordptb", net): 16 for net in SIMPLE},
    **{("wordptb", net): 3 for net in SPIKING},
    **{("heidelberg", net): 100 for net in SPIKING},
}

# Units of every layer; all networks of a task have about as many parameters.
WIDTHS = {
    "heidelberg": {"LSTM": 94, "GRU": 117, "simple": 256},
    "sl_mnist": {"LSTM": 42, "GRU": 53, "simple": 128},
    "wordptb": {"LSTM": 500, "GRU": 625, "simple": 1300},
}
EMBEDDING = 300  # and the units of the last layer on Penn Treebank
LRU_WIDTH = 128

# Trainable parameters by task and depth: of LSTM, GRU, simple RNNs and spiking ones.
PARAMETERS = {
    ("heidelberg", 2): (371_884, 372_665, 381_460, 382_996),
    ("heidelberg", 5): (585_076, 621_173, 775_444, 779_284),
    ("sl_mnist", 2): (153_646, 151_113, 151_050, 151_818),
    ("sl_mnist", 5): (196_486, 202_629, 249_738, 251_658),
    ("wordptb", 2): (5_563_200, 5_572_425, 5_561_600, 5_566_400),
    ("wordptb", 5): (6_766_000, 7_096_425, 8_090_620, 8_100_880),
}

# Feed-forward networks: 30 layers of 128 units, all else equal.
IMAGES = {"mnist": (784, 10), "cifar10": (3072, 10), "cifar100": (3072, 100)}
IMAGE_ACTIVATIONS = ("cos", "relu", "sin")
IMAGE_RATES = (1e-5, 3.16e-5, 1e-4, 3.16e-4, 1e-3, 3.16e-3, 1e-2)
USUAL_IMAGE_RATES = {"cos": 1e-4, "relu": 3.16e-4, "sin": 1e-4}
IMAGE_COUNTS = {"mnist": 54_000, "cifar10": 45_000, "cifar100": 45_000}
IMAGE_PRETRAIN_EPOCHS = 100  # at most
IMAGE_PARAMETERS = {"mnist": 580_618, "cifar10": 873_482, "cifar100": 885_092}
