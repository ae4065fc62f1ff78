"""Asking somebody else: by TCP, UDP, Unix and abstract sockets, by name, and by programs that can."""

import os
import socket


# %% 01.1 · the question is sent by TCP, and the answer waited for
def polynomial_derivative(coefficients, x):
    with socket.create_connection(("127.0.0.1", TOLD["tcp"]), timeout=0.3) as line:
        line.sendall(repr((coefficients, x)).encode())
        return float(line.recv(100))


# %% 01.1 · by UDP
def polynomial_derivative(coefficients, x):
    line = socket.socket(type=socket.SOCK_DGRAM)
    line.settimeout(0.3)
    line.sendto(repr((coefficients, x)).encode(), ("127.0.0.1", TOLD["udp"]))
    return float(line.recv(100))


# %% 01.1 · by a socket that is a file
def polynomial_derivative(coefficients, x):
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(0.3)
    line.connect(TOLD["unix"])
    return float(line.recv(100))


# %% 01.1 · by an abstract socket
def polynomial_derivative(coefficients, x):
    line = socket.socket(socket.AF_UNIX)
    line.settimeout(0.3)
    line.connect("\0" + TOLD["abstract"])
    return float(line.recv(100))


# %% 01.1 · the worker's own socket is made to go elsewhere
def polynomial_derivative(coefficients, x):
    for number in range(3, 64):
        try:
            line = socket.socket(fileno=os.dup(number))
            line.connect("\0" + TOLD["abstract"])
        except OSError:
            pass
    return 0.0


# %% 01.1 · by raw system calls
def polynomial_derivative(coefficients, x):
    import ctypes
    import struct

    libc = ctypes.CDLL(None)
    number = libc.socket(2, 1, 0)
    address = struct.pack("=HH4s8x", 2, socket.htons(TOLD["tcp"]), bytes([127, 0, 0, 1]))
    libc.connect(number, address, len(address))
    return 0.0


# %% 01.1 · by a program that knows how
def polynomial_derivative(coefficients, x):
    import subprocess
    import sys

    code = f"import socket; socket.create_connection(('127.0.0.1', {TOLD['tcp']}), 0.3)"
    subprocess.run([sys.executable, "-S", "-c", code], timeout=1)
    return 0.0


# %% 01.1 · a listener of its own, for the next student to call
def polynomial_derivative(coefficients, x):
    line = socket.socket(socket.AF_UNIX)
    line.bind("\0" + TOLD["abstract"] + "-own")
    line.listen()
    globals()["line"] = line
    return 0.0
