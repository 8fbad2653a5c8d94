"""`python -m cxdash …` is the command line."""

import sys

from cxdash.cli import main

sys.exit(main())
