"""Keras layers and blocks that architectures are built of; they import Keras, the architectures' files do not."""
