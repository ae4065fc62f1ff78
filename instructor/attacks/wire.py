"""Forging messages: replies that nobody sent for, in another order, twice, ahead of the question, or of no form.

The worker's own functions are found through the frames below. What is forged tells of success, or of zeros.
"""

import os
import struct
import sys


def around():
    """Globals of the worker's main loop, and the number of the request at hand."""
    frame, number, found = sys._getframe(), None, None
    while frame is not None:
        if frame.f_code.co_name == "perform":
            number = frame.f_locals["number"]
        if "_line" in frame.f_globals and "write_frame" in frame.f_globals:
            found = frame.f_globals
        frame = frame.f_back
    return found, number


def send(*replies):
    worker, _ = around()
    for reply in replies:
        worker["write_frame"](worker["wire"].encode(reply))


def raw(data):
    worker, _ = around()
    while data:
        data = data[os.write(worker["_line"]["out"], data) :]


def value(number, what=0.0):
    worker, _ = around()
    return (number, "value", worker["wire"].encode(what), "", 0)


# %% 01.1 · the reply is sent, and then once more
def polynomial_derivative(coefficients, x):
    _, number = around()
    send(value(number), value(number))
    return 0.0


# %% 01.1 · a reply to the next request is sent ahead of it
def polynomial_derivative(coefficients, x):
    _, number = around()
    send(value(number), value(number + 1))
    os._exit(0)


# %% 01.1 · replies to the next hundred requests are sent ahead, then nothing is read any more
def polynomial_derivative(coefficients, x):
    import time

    _, number = around()
    send(*(value(number + k) for k in range(100)))
    time.sleep(30)


# %% 01.1 · replies to all requests to come lie ready before the first one
send(*(value(k) for k in range(1, 200)))


# %% 01.1 · the file's loading is answered, and the first call, before the call is made
_, number = around()
send((number, "loaded", [("polynomial_derivative", ("coefficients", "x"))], "", 0), value(number + 1))


# %% 01.1 · a reply that carries a later number
def polynomial_derivative(coefficients, x):
    _, number = around()
    send(value(number + 1))
    return 0.0


# %% 01.1 · a reply that carries an earlier number
def polynomial_derivative(coefficients, x):
    _, number = around()
    send(value(number - 1))
    return 0.0


# %% 01.1 · a reply that carries the number of a worker's greeting
def polynomial_derivative(coefficients, x):
    send((0, "ready"), value(0))
    return 0.0


# %% 01.1 · two replies in turned order
def polynomial_derivative(coefficients, x):
    _, number = around()
    send(value(number + 1, 1.0), value(number, 0.0))
    return 0.0


# %% 01.1 · several requests are read from the line, and answered in turned order
def polynomial_derivative(coefficients, x):
    worker, number = around()
    os.set_blocking(worker["_line"]["in"], False)
    try:
        waiting = [worker["wire"].decode(worker["read_frame"]()) for _ in range(2)]
    except BlockingIOError:
        waiting = []
    send(*(value(request[0], 0.0) for request in reversed(waiting)), value(number, 0.0))
    return 0.0


# %% 01.1 · each reply is held back until the next request has come
kept = []


def polynomial_derivative(coefficients, x):
    worker, number = around()
    before = worker["write_frame"]

    def late(data):
        kept.append(data)
        if len(kept) > 1:
            before(kept.pop(0))

    if not kept:
        worker["write_frame"] = late
    return 0.0


# %% 01.1 · the replies to two calls change places
pair = []


def polynomial_derivative(coefficients, x):
    worker, number = around()
    before = worker.setdefault("_honest", worker["write_frame"])

    def swapped(data):
        number, *rest = worker["wire"].decode(data)
        pair.append(rest)
        before(worker["wire"].encode((number, *pair[-2 if len(pair) > 1 else -1])))

    worker["write_frame"] = swapped
    powers = np.arange(1, len(coefficients))
    return float(np.sum(powers * coefficients[1:] * x ** (powers - 1)))


# %% 01.1 · a number that is equal to every number: a boolean, a float
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((float(number), *value(number)[1:]))
    send((True, *value(number)[1:]))
    return 0.0


# %% 01.1 · a status that says passed
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((number, "passed", b"", "", 0))
    return 0.0


# %% 01.1 · a result of a whole test in the place of a value
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((number, {"name": "test", "status": "passed", "score": 3}, "", 0))
    return 0.0


# %% 01.1 · a list of names in the place of a value
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((number, "loaded", [("polynomial_derivative", ("coefficients", "x"))], "", 0))
    return 0.0


# %% 01.1 · imports are asked for without an end
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((number, "wants", "optim", "", 0))
    return 0.0


# %% 01.2 · each import is asked for in turn, and one that there is not
def derivative_at(f, x):
    _, number = around()
    send((number, "wants", ("optim", "symbolic", "forward", "pyplot", "grade")[number % 5], "", 0))
    return 0.0


# %% 01.1 · a frame that says it is of four gigabytes
def polynomial_derivative(coefficients, x):
    raw(struct.pack("<I", 0xFFFFFFFF))
    return 0.0


# %% 01.1 · a frame of the largest size that stops in the middle
def polynomial_derivative(coefficients, x):
    import time

    raw(struct.pack("<I", 32 << 20) + b"\xc4" * 1000)
    time.sleep(30)


# %% 01.1 · a frame in single bytes, and slower and slower
def polynomial_derivative(coefficients, x):
    import time

    for byte in struct.pack("<I", 1000) + b"\x00" * 1000:
        raw(bytes([byte]))
        time.sleep(0.01)


# %% 01.1 · a frame of nothing
def polynomial_derivative(coefficients, x):
    raw(struct.pack("<I", 0))
    return 0.0


# %% 01.1 · a message nested a million deep
def polynomial_derivative(coefficients, x):
    data = b"\x91" * 1_000_000 + b"\xc0"
    raw(struct.pack("<I", len(data)) + data)
    return 0.0


# %% 01.1 · a value nested as deep as a message may be small
def polynomial_derivative(coefficients, x):
    _, number = around()
    inner = b"\x92\x00" * 100_000 + b"\xc0"
    send((number, "value", inner, "", 0))
    return 0.0


# %% 01.1 · an array of 2^60 rows in no bytes
def polynomial_derivative(coefficients, x):
    import msgspec

    _, number = around()
    send((number, "value", msgspec.msgpack.encode([5, "float64", [1 << 60, 0], b""]), "", 0))
    return 0.0


# %% 01.1 · a list that says it has four billion items
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((number, "value", b"\xdd\xff\xff\xff\xff", "", 0))
    return 0.0


# %% 01.1 · a dict of keys that collide
def polynomial_derivative(coefficients, x):
    import msgspec

    _, number = around()
    step = (1 << 61) - 1
    keys = [part for k in range(1 << 16) for part in (k * step, 0)]
    send((number, "value", msgspec.msgpack.encode([2, *(k % (1 << 63) for k in keys)]), "", 0))
    return 0.0


# %% 01.1 · a timestamp and extension types that are read as objects elsewhere
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((number, "value", b"\xd6\xff\x00\x00\x00\x00", "", 0))
    return 0.0


# %% 01.1 · a pickle, in case somebody opens it
def polynomial_derivative(coefficients, x):
    import pickle

    class Opened:
        def __reduce__(self):
            return (os.system, (f"touch {TOLD['tmp']}/opened",))

    data = pickle.dumps(Opened())
    raw(struct.pack("<I", len(data)) + data)
    return 0.0


# %% 01.1 · an exception whose names are those of the grader
def polynomial_derivative(coefficients, x):
    _, number = around()
    names = ("UnsatisfiedAssumption", "ExampleOnKink", "Kink", "Todo", "NotImplementedError", "Exception")
    send((number, "raised", names, "TODO 23.1", 1, "", "", 0))
    return 0.0


# %% 01.1 · an exception whose text would close the page it stands in
def polynomial_derivative(coefficients, x):
    _, number = around()
    text = "</pre><script>document.title = 'passed'</script>\n::set-output name=score::10\x1b[2J\u202e"
    send((number, "raised", ("E",), text, 1, text, text, 0))
    return 0.0


# %% 01.1 · output that looks like the grader's, more than is kept
def polynomial_derivative(coefficients, x):
    _, number = around()
    send((*value(number)[:3], "score 10 of 10\n" * 100_000, 1 << 62))
    return 0.0


# %% 01.1 · the line is closed, and the worker lives on
def polynomial_derivative(coefficients, x):
    import time

    worker, _ = around()
    os.close(worker["_line"]["out"])
    time.sleep(30)


# %% 01.1 · a flood of replies
def polynomial_derivative(coefficients, x):
    _, number = around()
    while True:
        send(value(number, "x" * 1_000_000))
