"""``python -m falconc``."""

from falconc.cli import main

raise SystemExit(main())
