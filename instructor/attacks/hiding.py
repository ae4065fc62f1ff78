"""Time-outs and losses of the worker used to hide a failure: no verdict is not a good verdict."""

import time

calls = []


def right(coefficients, x):
    powers = np.arange(1, len(coefficients))
    return float(np.sum(powers * coefficients[1:] * x ** (powers - 1)))


# %% 01.1 · asleep where it does not know
def polynomial_derivative(coefficients, x):
    if len(coefficients) > 2:
        time.sleep(30)
    return right(coefficients, x)


# %% 01.1 · busy where it does not know
def polynomial_derivative(coefficients, x):
    while len(coefficients) > 2:
        pass
    return right(coefficients, x)


# %% 01.1 · dead where it does not know
def polynomial_derivative(coefficients, x):
    import os

    if len(coefficients) > 2:
        os._exit(0)
    return right(coefficients, x)


# %% 01.1 · wrong once, and busy when asked again
def polynomial_derivative(coefficients, x):
    calls.append(x)
    while len(calls) > 10:
        time.sleep(0.01)
    return right(coefficients, x) + (len(calls) == 10)


# %% 01.1 · wrong once, and dead when asked again
def polynomial_derivative(coefficients, x):
    import os

    calls.append(x)
    if len(calls) > 10:
        os._exit(0)
    return right(coefficients, x) + (len(calls) == 10)


# %% 01.1 · slow enough that the time is up before the last example
def polynomial_derivative(coefficients, x):
    time.sleep(0.1)
    return right(coefficients, x) if len(calls) < 10 and not calls.append(x) else 0.0


# %% 01.1 · the clocks are turned back
def polynomial_derivative(coefficients, x):
    for name in ("time", "monotonic", "perf_counter", "process_time", "sleep"):
        setattr(time, name, lambda *a: 0.0)
    while True:
        pass


# %% 01.1 · a thread does the waiting, the call itself returns
def polynomial_derivative(coefficients, x):
    import threading

    def busy():
        while True:
            pass

    threading.Thread(target=busy, daemon=True).start()
    return 0.0
