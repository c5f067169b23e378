"""The experiments on networks: nnRNN and what it was compared with.

Kerg, Goyette, Puelma Touzel, Gidel, Vorontsov, Bengio and Lajoie (2019), "Non-normal
Recurrent Neural Network (nnRNN)", https://arxiv.org/abs/1905.12080. Later programs were
made from that one: for Stair networks (see `stairs`), and for networks whose
non-linearity adapts (see `shapes`).
"""
