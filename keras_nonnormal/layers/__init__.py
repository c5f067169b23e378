"""Recurrent layers on the compiled recurrence."""

from keras_nonnormal.layers.activation_regularization import ActivationRegularization
from keras_nonnormal.layers.alif import ALIF, ALIFCell
from keras_nonnormal.layers.anru import ANRU, ARUN, ANRUCell
from keras_nonnormal.layers.antisymmetric_rnn import (
    AntisymmetricRNN,
    AntisymmetricRNNCell,
)
from keras_nonnormal.layers.cornn import CoRNN, CoRNNCell
from keras_nonnormal.layers.driven import driven
from keras_nonnormal.layers.embedding_dropout import EmbeddingDropout
from keras_nonnormal.layers.eunn import EUNN
from keras_nonnormal.layers.eurnn import EURNN, EURNNCell
from keras_nonnormal.layers.exp_rnn import ExpRNN, ExpRNNCell
from keras_nonnormal.layers.gru import FusedGRU
from keras_nonnormal.layers.ind_rnn import IndRNN, IndRNNCell
from keras_nonnormal.layers.lem import LEM, LEMCell
from keras_nonnormal.layers.lipschitz_rnn import LipschitzRNN, LipschitzRNNCell
from keras_nonnormal.layers.lmu import LMU, LMUCell
from keras_nonnormal.layers.loops import fused_loops
from keras_nonnormal.layers.lru import LRU, LRUCell
from keras_nonnormal.layers.lru_block import LRUBlock, LRUBlockCell
from keras_nonnormal.layers.lstm import FusedLSTM
from keras_nonnormal.layers.min_gru import MinGRU, MinGRUCell
from keras_nonnormal.layers.min_lstm import MinLSTM, MinLSTMCell
from keras_nonnormal.layers.nnrnn import NNRNN, NNRNNCell, NonNormalRNN
from keras_nonnormal.layers.parametrized_rnn import ParametrizedRNN, ParametrizedRNNCell
from keras_nonnormal.layers.pascal import PascalRNN, PascalRNNCell
from keras_nonnormal.layers.rg_lru import RGLRU, RGLRUCell
from keras_nonnormal.layers.sco_rnn import ScoRNN, ScoRNNCell
from keras_nonnormal.layers.simple_rnn import FusedSimpleRNN
from keras_nonnormal.layers.slstm import SLSTM, SLSTMCell
from keras_nonnormal.layers.stair_cell import StairCell
from keras_nonnormal.layers.stair_rnn import StairRNN
from keras_nonnormal.layers.tied_embedding import TiedEmbedding

__all__ = [
    "ALIF",
    "ANRU",
    "ARUN",
    "EUNN",
    "EURNN",
    "LEM",
    "LMU",
    "LRU",
    "NNRNN",
    "RGLRU",
    "SLSTM",
    "ALIFCell",
    "ANRUCell",
    "ActivationRegularization",
    "AntisymmetricRNN",
    "AntisymmetricRNNCell",
    "CoRNN",
    "CoRNNCell",
    "EURNNCell",
    "EmbeddingDropout",
    "ExpRNN",
    "ExpRNNCell",
    "FusedGRU",
    "FusedLSTM",
    "FusedSimpleRNN",
    "IndRNN",
    "IndRNNCell",
    "LEMCell",
    "LMUCell",
    "LRUBlock",
    "LRUBlockCell",
    "LRUCell",
    "LipschitzRNN",
    "LipschitzRNNCell",
    "MinGRU",
    "MinGRUCell",
    "MinLSTM",
    "MinLSTMCell",
    "NNRNNCell",
    "NonNormalRNN",
    "ParametrizedRNN",
    "ParametrizedRNNCell",
    "PascalRNN",
    "PascalRNNCell",
    "RGLRUCell",
    "SLSTMCell",
    "ScoRNN",
    "ScoRNNCell",
    "StairCell",
    "StairRNN",
    "TiedEmbedding",
    "driven",
    "fused_loops",
]
