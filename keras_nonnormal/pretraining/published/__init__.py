"""The procedures of the LSC paper, verbatim, and the measures that only they use."""

from keras_nonnormal.pretraining.published.ffn import PublishedFFN
from keras_nonnormal.pretraining.published.lru import PublishedLRU
from keras_nonnormal.pretraining.published.lru_scan import PublishedLRUScan
from keras_nonnormal.pretraining.published.rnn import PublishedRNN

__all__ = ["PublishedFFN", "PublishedLRU", "PublishedLRUScan", "PublishedRNN"]
