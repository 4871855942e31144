"""`python -m seedtrial` is the command `seedtrial`."""

from seedtrial.entry import main

main()
