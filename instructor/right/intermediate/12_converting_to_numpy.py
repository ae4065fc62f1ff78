# %% 12.1 · every step by its name
def to_numpy(t):
    return t.detach().cpu().resolve_conj().resolve_neg().numpy().copy()


# %% 12.1 · under no_grad, where .numpy() does not ask for a detach
@torch.no_grad()
def to_numpy(t):
    return t.resolve_neg().resolve_conj().numpy().copy()


# %% 12.1 · cloned first, which carries promises out
def to_numpy(t):
    return t.detach().cpu().clone().numpy()


# %% 12.1 · through lists, with the dtype found beforehand
def to_numpy(t):
    kind = torch.empty(0, dtype=t.dtype).numpy().dtype
    return np.array(t.detach().tolist(), dtype=kind).reshape(t.shape)


# %% 12.1 · an empty array that is filled in
def to_numpy(t):
    array = np.empty(tuple(t.shape), dtype=str(t.dtype).removeprefix("torch."))
    array[...] = t.numpy(force=True)
    return array


# %% 12.1 · np.array, in columns
def to_numpy(t):
    return np.array(t.numpy(force=True), order="F")


# %% 12.2 · a breadth-first walk over pairs, tuples for lists
def sharing_groups(objects):
    def whole(thing):
        while isinstance(thing, np.ndarray):
            if thing.base is None:
                return thing
            thing = thing.base
        return torch.empty(0, dtype=torch.uint8).set_(thing.untyped_storage()).numpy()

    wholes = [whole(thing) for thing in objects]
    left, groups = list(range(len(objects))), []
    while left:
        reached = [left.pop(0)]
        for k in reached:
            near = [j for j in left if np.may_share_memory(wholes[k], wholes[j])]
            reached += near
            left = [j for j in left if j not in near]
        groups.append(tuple(sorted(reached)))
    return tuple(groups)


# %% 12.2 · stretches sorted by where they begin
def sharing_groups(objects):
    stretches = []
    for k, thing in enumerate(objects):
        while isinstance(thing, np.ndarray) and thing.base is not None:
            thing = thing.base
        if isinstance(thing, torch.Tensor):
            thing = thing.untyped_storage()
            stretches.append((thing.data_ptr(), thing.nbytes(), k))
        else:
            stretches.append((thing.__array_interface__["data"][0], thing.nbytes, k))
    groups, reach = [], -1
    for begin, size, k in sorted(stretches):
        if begin >= reach:
            groups.append([])
        reach = max(reach, begin + size)
        groups[-1].append(np.int64(k))
    return sorted(sorted(group) for group in groups)


# %% 12.3 · with a setup_context, arrays kept on ctx
def through_numpy(f, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(x):
            return torch.from_numpy(np.array(f(x.numpy(force=True)), dtype=np.float64))

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.x = inputs[0].detach().numpy().copy()

        @staticmethod
        def backward(ctx, v):
            return torch.from_numpy(np.array(vjp(ctx.x, v.numpy())))

    return lambda x: Through.apply(x)


# %% 12.3 · one class for all, with the functions as inputs, differentiable once
class Anything(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, f, g):
        ctx.save_for_backward(x)
        ctx.g = g
        return torch.tensor(np.asarray(f(x.detach().numpy())).tolist(), dtype=x.dtype)

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, v):
        (x,) = ctx.saved_tensors
        gradient = np.asarray(ctx.g(x.detach().numpy(), v.detach().numpy()))
        return torch.tensor(gradient.tolist(), dtype=x.dtype), None, None


def through_numpy(forward, vjp):
    return lambda x: Anything.apply(x, forward, vjp)


# %% 12.3 · the result is reshaped afterwards
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            y = np.array(forward(x.detach().numpy()))
            ctx.shape = y.shape
            return torch.tensor(y.reshape(-1))

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return torch.tensor(np.array(vjp(x.detach().numpy(), v.numpy().reshape(ctx.shape))))

    def function(x):
        y = Through.apply(x)
        return y.reshape(np.shape(forward(x.detach().numpy())))

    return function
