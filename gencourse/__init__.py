"""gencourse: a small Keras package for learning generative models by training them.

Rooms are imported by name (`from gencourse import gan, viz`); nothing is re-exported here.
"""

import os

# Both must be set before TensorFlow or Keras is first imported, which is why they stand here.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("KERAS_BACKEND", "tensorflow")

__version__ = "0.1.0"
