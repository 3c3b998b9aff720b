"""`python -m services.cli`: the same as `motesplats`."""

from services.cli import main

main()
