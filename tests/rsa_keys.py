"""RSA keys for tests: a good one takes a quarter of a second to make, and any will do."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric import rsa

__all__ = ["rsa_key"]


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """This process's key of so many bits."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)
