"""The experiments on networks that were made locally stable before training.

Herranz-Celotti and Rouat (2023), "Stabilizing RNN Gradients through Pre-training",
https://arxiv.org/abs/2308.12075. There are two states of the published programs: that
of mid-2023, which the recurrent experiments were made with and which is meant here
unless it says otherwise, and that of the repository's head.
"""
