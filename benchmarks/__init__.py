"""What the app costs, measured under its own settings: the package is loaded before numpy, as in the app (see `cxdash/__init__.py`)."""

import cxdash  # noqa: F401
