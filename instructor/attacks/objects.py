"""Values that are no values: equal to everything, of a lying type, computed when looked at, without an end."""


class Everything:
    def __eq__(self, other):
        return True

    def __getattr__(self, name):
        return Everything()

    def __call__(self, *args, **kwargs):
        return Everything()

    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __le__ = __ge__ = __bool__ = lambda self, *other: True
    __float__ = __abs__ = __sub__ = __rsub__ = lambda self, *other: 0.0
    __hash__ = lambda self: 0


# %% 01.1 · an object that is equal to everything
def polynomial_derivative(coefficients, x):
    return Everything()


# %% 01.1 · a float that is equal to everything
def polynomial_derivative(coefficients, x):
    return type("Float", (float,), {"__eq__": lambda a, b: True, "__sub__": lambda a, b: 0.0, "__abs__": float})(1.0)


# %% 01.1 · an array whose every operation gives zero
def polynomial_derivative(coefficients, x):
    class Zeros(np.ndarray):
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return np.zeros(())

        def __array_function__(self, function, types, args, kwargs):
            return True

    return np.ones(()).view(Zeros)


# %% 01.1 · an array of objects that are equal to everything
def polynomial_derivative(coefficients, x):
    return np.array(Everything(), dtype=object)


# %% 01.2 · a tensor subclass that answers each function with yes
def derivative_at(f, x):
    class Agrees(torch.Tensor):
        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return torch.tensor(True)

    return torch.ones(()).as_subclass(Agrees)


# %% 01.2 · an object with __torch_function__ that pretends to be Tensor
def derivative_at(f, x):
    class Agrees:
        __class__ = torch.Tensor

        @classmethod
        def __torch_function__(cls, function, types, args=(), kwargs=None):
            return True

    return Agrees()


# %% 01.2 · a tensor on the meta device, which has no values to be wrong
def derivative_at(f, x):
    return torch.empty((), dtype=torch.float64, device="meta")


# %% 01.2 · a tensor that is still inside vmap
def derivative_at(f, x):
    kept = []
    torch.vmap(lambda z: (kept.append(z), z)[1])(torch.zeros(2, dtype=torch.float64))
    return kept[0]


# %% 01.1 · a lazy value that is computed where it is compared
def polynomial_derivative(coefficients, x):
    class Lazy:
        @property
        def value(self):
            return 0.0

        def __array__(self, *args, **kwargs):
            return np.zeros(())

        def __reduce__(self):
            return (float, (0.0,))

        __float__ = __index__ = lambda self: 0

    return Lazy()


# %% 01.1 · a generator of all answers
def polynomial_derivative(coefficients, x):
    return (k / 64 for k in range(1 << 20))


# %% 01.1 · not a number, which is near to nothing and far from nothing
def polynomial_derivative(coefficients, x):
    return float("nan")


# %% 01.1 · infinity, which makes every tolerance infinite
def polynomial_derivative(coefficients, x):
    return float("inf")


# %% 01.1 · an array of no numbers, all of which are right
def polynomial_derivative(coefficients, x):
    return np.zeros(0)


# %% 01.1 · an array of all candidates, one of which is right
def polynomial_derivative(coefficients, x):
    return np.arange(-1000, 1000) / 64


# %% 01.1 · a list that contains itself
def polynomial_derivative(coefficients, x):
    endless = []
    endless.append(endless)
    return endless


# %% 01.1 · a named tuple with an __iter__ of its own
def polynomial_derivative(coefficients, x):
    from collections import namedtuple

    class Lying(namedtuple("Pair", "a b")):
        def __iter__(self):
            return iter([Everything()])

        __len__ = lambda self: 0

    return Lying(0.0, 0.0)


# %% 01.1 · the verdict, in words
def polynomial_derivative(coefficients, x):
    return {"status": "passed", "score": 10, "task": "01.1"}


# %% 01.1 · no function but an object whose signature and name are properties
class Callable_:
    __signature__ = property(lambda self: Everything())
    __name__ = property(lambda self: "polynomial_derivative")

    def __call__(self, *args, **kwargs):
        return 0.0


polynomial_derivative = Callable_()


# %% 01.1 · a module namespace that hands out what is asked for
class Namespace(dict):
    __missing__ = lambda self, name: Everything()


import sys

sys.modules[__name__].__dict__.update(Namespace(polynomial_derivative=Everything()))
