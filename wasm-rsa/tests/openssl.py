"""Does what it reads with OpenSSL's libcrypto and with Python's integers, a line for each operation, and writes a line for each
result. Numbers are hexadecimal. The operations are those of examples/worker.rs, and those that make keys and primes, and `power`."""

import ctypes
import ctypes.util
import hashlib
import math
import sys
import time

crypto = ctypes.CDLL(ctypes.util.find_library("crypto"))
for name, arguments in {
    "BN_hex2bn": [ctypes.c_void_p, ctypes.c_char_p],
    "EVP_get_digestbyname": [ctypes.c_char_p],
    "EVP_PKEY_CTX_new_from_name": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p],
    "EVP_PKEY_CTX_new": [ctypes.c_void_p, ctypes.c_void_p],
    "EVP_PKEY_Q_keygen": [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p],
    "EVP_PKEY_get_bn_param": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    "EVP_PKEY_CTX_set_rsa_padding": [ctypes.c_void_p, ctypes.c_int],
    "EVP_PKEY_CTX_set_signature_md": [ctypes.c_void_p, ctypes.c_void_p],
    "EVP_PKEY_sign_init": [ctypes.c_void_p],
    "EVP_PKEY_verify_init": [ctypes.c_void_p],
    "EVP_PKEY_sign": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t],
    "EVP_PKEY_verify": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t],
    "OSSL_PARAM_BLD_new": [],
    "OSSL_PARAM_BLD_push_BN": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p],
    "OSSL_PARAM_BLD_to_param": [ctypes.c_void_p],
    "EVP_PKEY_fromdata_init": [ctypes.c_void_p],
    "EVP_PKEY_fromdata": [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p],
    "OpenSSL_version": [ctypes.c_int],
}.items():
    function = getattr(crypto, name)
    function.argtypes = arguments
    function.restype = ctypes.c_int
for name in ("EVP_get_digestbyname", "EVP_PKEY_CTX_new_from_name", "EVP_PKEY_CTX_new", "EVP_PKEY_Q_keygen", "OSSL_PARAM_BLD_new",
             "OSSL_PARAM_BLD_to_param"):
    getattr(crypto, name).restype = ctypes.c_void_p
crypto.BN_bn2hex.restype = ctypes.c_void_p
crypto.OpenSSL_version.restype = ctypes.c_char_p

PKCS1 = 1
KEY_PAIR = 0x87
NAMES = (b"n", b"e", b"rsa-factor1", b"rsa-factor2", b"rsa-exponent1", b"rsa-exponent2", b"rsa-coefficient1")


def check(result):
    if result != 1:
        raise RuntimeError("OpenSSL refused")


def hexadecimal(number):
    digits = f"{number:x}"
    return digits.zfill(len(digits) + len(digits) % 2)


def to_big_number(number):
    out = ctypes.c_void_p()
    crypto.BN_hex2bn(ctypes.byref(out), f"{number:x}".encode())
    return out


class Key:
    """A key pair of OpenSSL."""

    def __init__(self, pair):
        self.pair = pair

    @classmethod
    def generate(cls, bits):
        return cls(crypto.EVP_PKEY_Q_keygen(None, None, b"RSA", ctypes.c_size_t(bits)))

    @classmethod
    def from_primes(cls, p, q, e):
        n, d = p * q, pow(e, -1, (p - 1) * (q - 1))
        builder = crypto.OSSL_PARAM_BLD_new()
        numbers = (n, e, p, q, d % (p - 1), d % (q - 1), pow(q, -1, p))
        for name, number in ((b"d", d), *zip(NAMES, numbers)):
            check(crypto.OSSL_PARAM_BLD_push_BN(builder, name, to_big_number(number)))
        context = crypto.EVP_PKEY_CTX_new_from_name(None, b"RSA", None)
        check(crypto.EVP_PKEY_fromdata_init(context))
        pair = ctypes.c_void_p()
        check(crypto.EVP_PKEY_fromdata(context, ctypes.byref(pair), KEY_PAIR, crypto.OSSL_PARAM_BLD_to_param(builder)))
        return cls(pair)

    def numbers(self):
        for name in NAMES:
            out = ctypes.c_void_p()
            check(crypto.EVP_PKEY_get_bn_param(self.pair, name, ctypes.byref(out)))
            yield int(ctypes.string_at(crypto.BN_bn2hex(out)), 16)

    def context(self, begin, hash_name):
        """Returns a context for one operation with PKCS #1 v1.5."""
        context = crypto.EVP_PKEY_CTX_new(self.pair, None)
        check(begin(context))
        check(crypto.EVP_PKEY_CTX_set_rsa_padding(context, PKCS1))
        check(crypto.EVP_PKEY_CTX_set_signature_md(context, crypto.EVP_get_digestbyname(hash_name.encode())))
        return context


def digest(hash_name, message):
    return hashlib.new(hash_name, message).digest()


class Worker:
    """The key that operations are done with."""

    def generate(self, bits):
        self.key = Key.generate(int(bits))
        return " ".join(map(hexadecimal, self.key.numbers()))

    def assemble(self, p, q, e):
        self.key = Key.from_primes(int(p, 16), int(q, 16), int(e, 16))
        return " ".join(map(hexadecimal, self.key.numbers()))

    def prime(self, bits, multiple, shift, distance):
        """Returns the prime 2^bits - multiple * 2^shift + distance."""
        return self.checked(2 ** int(bits) - int(multiple) * 2 ** int(shift) + int(distance))

    def small_prime(self, bits, distance):
        """Returns the prime that far above the least number whose square has twice as many bits."""
        return self.checked(math.isqrt(2 ** (2 * int(bits) - 1)) + int(distance))

    def checked(self, prime):
        assert all(pow(base, prime - 1, prime) == 1 for base in (2, 3, 5)), "not prime"
        return hexadecimal(prime)

    def assemble_anyway(self, bits, first, second, e):
        """Returns the numbers of a key of 2^bits - first, and of 2^bits - second, whether it is prime or not."""
        p, q, e = 2 ** int(bits) - int(first), 2 ** int(bits) - int(second), int(e, 16)
        numbers = (p * q, e, p, q, pow(e, -1, p - 1), pow(e, -1, q - 1), pow(q, -1, p))
        return " ".join(map(hexadecimal, numbers))

    def power(self, base, exponent, modulus):
        return hexadecimal(pow(int(base, 16), int(exponent, 16), int(modulus, 16)))

    def sign(self, hash_name, message):
        return self.sign_often(1, hash_name, message)[0].hex()

    def version(self):
        return crypto.OpenSSL_version(0).decode()

    def repeat(self, count, operation, *arguments):
        often = {"sign": self.sign_often, "verify": self.verify_often}[operation]
        return str(min(often(int(count), *arguments)[1]))

    def sign_often(self, count, hash_name, message):
        context = self.key.context(crypto.EVP_PKEY_sign_init, hash_name)
        hashed = digest(hash_name, bytes.fromhex(message))
        out, length, times = ctypes.create_string_buffer(1024), ctypes.c_size_t(1024), []
        for _ in range(count):
            start = time.perf_counter_ns()
            result = crypto.EVP_PKEY_sign(context, out, ctypes.byref(length), hashed, len(hashed))
            times.append(time.perf_counter_ns() - start)
            check(result)
        return out.raw[: length.value], times

    def verify_often(self, count, hash_name, message, signature):
        context = self.key.context(crypto.EVP_PKEY_verify_init, hash_name)
        hashed, signature, times = digest(hash_name, bytes.fromhex(message)), bytes.fromhex(signature), []
        for _ in range(count):
            start = time.perf_counter_ns()
            result = crypto.EVP_PKEY_verify(context, signature, len(signature), hashed, len(hashed))
            times.append(time.perf_counter_ns() - start)
            check(result)
        return None, times


worker = Worker()
for line in sys.stdin:
    operation, *arguments = line.rstrip("\n").split(" ")
    print(getattr(worker, operation)(*arguments), flush=True)
