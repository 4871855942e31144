"""What the tests of pages need."""

from chromium import browse

__all__ = ["browse"]
