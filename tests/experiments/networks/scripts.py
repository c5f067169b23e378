"""The scripts with experiments on networks, and what their arguments may mean."""

from experiments import addition, copy_task, psmnist, ptb_char

SCRIPTS = {
    "copy": [copy_task.EXPERIMENT, copy_task.NETWORKS],
    "addition": [addition.EXPERIMENT, addition.NETWORKS],
    "psmnist": [psmnist.EXPERIMENT, psmnist.NETWORKS],
    "ptb_char": [ptb_char.NETWORKS],
}
