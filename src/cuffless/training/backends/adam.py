"""Constants of Adam (Kingma & Ba 2015), as Keras has them, for every backend."""

BETA1 = 0.9
BETA2 = 0.999
EPSILON = 1e-7
