"""Language models that start non-normal.

Orhan and Pitkow (2020), "Improved memory in recurrent neural networks with sequential
non-normal dynamics", https://arxiv.org/abs/1905.13715, sections 3.1.2 and 3.3.
"""
