"""cxdash: any spreadsheet of survey answers in, honest customer-experience numbers out."""

import os

# A bootstrap decomposes a thousand small matrices. Threads within each wait for one another ten times as long as they work, and whoever
# uses the app at the same time has a thread already. It counts only before numpy is loaded, so it stands here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = "0.1.0"
