"""The invariants, checked by reading the files: raw SQL, none of the code that wrote them."""

from stores.verify.invariants import Breach, verify

__all__ = ["Breach", "verify"]
