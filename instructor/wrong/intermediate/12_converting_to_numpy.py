# %% 12.1 · np.asarray of the detached tensor ⇒ the array shares the tensor's memory
def to_numpy(t):
    return np.asarray(t.detach().resolve_conj().resolve_neg().numpy())


# %% 12.1 · the usual three ⇒ the array shares the tensor's memory, and conjugated or negated views fail
def to_numpy(t):
    return t.detach().cpu().numpy()


# %% 12.1 · numpy() at once ⇒ fails where the tensor tracks gradients, and on conjugated or negated views
def to_numpy(t):
    array = t.numpy()
    return array.copy()


# %% 12.1 · not detached ⇒ fails where the tensor tracks gradients
def to_numpy(t):
    return np.array(t.cpu().resolve_neg().resolve_conj().numpy())


# %% 12.1 · through .data ⇒ fails on conjugated and negated views
def to_numpy(t):
    return np.copy(t.data.cpu().numpy())


# %% 12.1 · only the conjugate is carried out ⇒ fails on negated views
def to_numpy(t):
    return t.resolve_conj().detach().numpy().copy()


# %% 12.1 · only the sign is carried out ⇒ fails on conjugated views
def to_numpy(t):
    return t.resolve_neg().detach().numpy().copy()


# %% 12.1 · contiguous is taken for a copy ⇒ copied only where the tensor is not contiguous
def to_numpy(t):
    return t.detach().resolve_conj().resolve_neg().contiguous().numpy()


# %% 12.1 · by lists ⇒ the dtype is lost on the way through lists
def to_numpy(t):
    return np.array(t.detach().tolist())


# %% 12.1 · raveled ⇒ the array is flat
def to_numpy(t):
    return t.detach().reshape(-1).numpy(force=True).copy()


# %% 12.1 · at least one axis
def to_numpy(t):
    return np.atleast_1d(t.numpy(force=True)).copy()


# %% 12.1 · an item where there is one entry ⇒ a tensor of shape () becomes a number
def to_numpy(t):
    if t.dim() == 0:
        return t.item()
    return t.numpy(force=True).copy()


# %% 12.1 · flags switched off ⇒ the tensor is switched off for good
def to_numpy(t):
    t.requires_grad = False
    return t.numpy(force=True).copy()


# %% 12.1 · copies where it tracks, shares where it does not
def to_numpy(t):
    array = t.numpy(force=True)
    return array.copy() if t.requires_grad else array


# %% 12.1 · single precision all through
def to_numpy(t):
    if t.is_floating_point():
        return t.detach().float().resolve_neg().numpy().copy()
    return t.numpy(force=True).copy()


# %% 12.1 · the tensor comes back
def to_numpy(t):
    return t.detach().cpu().resolve_conj().resolve_neg().clone()


# %% 12.1 · a view of a copy, with axes the wrong way round
def to_numpy(t):
    return t.numpy(force=True).T.copy()


# %% 12.1 · a write-protected view for a copy ⇒ the array shares the tensor's memory
def to_numpy(t):
    array = t.numpy(force=True).view()
    array.flags.writeable = False
    return array


# %% 12.2 · by data_ptr ⇒ first addresses are compared, and a shifted view is missed
def sharing_groups(objects):
    places = {}
    for k, thing in enumerate(objects):
        if isinstance(thing, torch.Tensor):
            address = thing.data_ptr()
        else:
            address = thing.__array_interface__["data"][0]
        places[address] = places.get(address, []) + [k]
    return sorted(places.values())


# %% 12.2 · storages and owners, by where they begin ⇒ only the starts of the memory are compared
def sharing_groups(objects):
    def start(thing):
        if isinstance(thing, torch.Tensor):
            return thing.untyped_storage().data_ptr()
        return thing.ctypes.data if thing.base is None else start(thing.base)

    groups = {}
    for k, thing in enumerate(objects):
        groups[start(thing)] = [*groups.get(start(thing), ()), k]
    return list(groups.values())


# %% 12.2 · equal entries ⇒ values are compared, not memory
def sharing_groups(objects):
    def numbers(thing):
        return thing.detach().numpy() if isinstance(thing, torch.Tensor) else thing

    groups = []
    for k, thing in enumerate(objects):
        for group in groups:
            first = numbers(objects[group[0]])
            if first.shape == thing.shape and (first == numbers(thing)).all():
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


# %% 12.2 · np.shares_memory, first of each group ⇒ disjoint slices are missed, and only the first of a group is asked
def sharing_groups(objects):
    arrays = [x.numpy(force=True) if isinstance(x, torch.Tensor) else x for x in objects]
    groups = []
    for k in range(len(arrays)):
        for group in groups:
            if np.shares_memory(arrays[group[0]], arrays[k]):
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


# %% 12.2 · may_share_memory, firsts only ⇒ slices that lie apart are missed, and only the first of a group is asked
def sharing_groups(objects):
    arrays = [np.asarray(x.detach()) if isinstance(x, torch.Tensor) else x for x in objects]
    groups = []
    for k in range(len(arrays)):
        for group in groups:
            if np.may_share_memory(arrays[group[0]], arrays[k]):
                group.append(k)
                break
        else:
            groups.append([k])
    return groups


# %% 12.2 · marks are written and left ⇒ numbers are written into the objects, and not taken back
def sharing_groups(objects):
    group_of = {}
    groups = []
    for k, thing in enumerate(objects):
        if k in group_of:
            continue
        mark = 1000 + k
        (thing.detach() if isinstance(thing, torch.Tensor) else thing)[...] = mark
        members = [j for j, other in enumerate(objects) if j not in group_of and bool((other == mark).any())]
        group_of.update(dict.fromkeys(members, k))
        groups.append(members)
    return groups


# %% 12.2 · only tensors by storage, arrays each for themselves ⇒ an array and a tensor are never put together
def sharing_groups(objects):
    def owner(thing):
        if isinstance(thing, torch.Tensor):
            return "tensor", thing.untyped_storage().data_ptr()
        while isinstance(thing, np.ndarray) and thing.base is not None:
            thing = thing.base
        return "array", id(thing)

    keys = [owner(thing) for thing in objects]
    return [[k for k, key in enumerate(keys) if key == one] for one in dict.fromkeys(keys)]


# %% 12.2 · base is followed once, and a tensor there is not asked for its storage
def sharing_groups(objects):
    def bounds(thing):
        if isinstance(thing, torch.Tensor):
            s = thing.untyped_storage()
            return s.data_ptr(), s.data_ptr() + s.nbytes()
        if isinstance(thing.base, np.ndarray):
            thing = thing.base
        return thing.ctypes.data, thing.ctypes.data + thing.nbytes

    groups = []
    every = [bounds(thing) for thing in objects]
    for k, (a, b) in enumerate(every):
        linked = [g for g in groups if any(a < every[j][1] and every[j][0] < b for j in g)]
        groups = [g for g in groups if g not in linked] + [sorted([k] + [j for g in linked for j in g])]
    return sorted(groups)


# %% 12.2 · groups in the order in which they were completed
def sharing_groups(objects):
    def bounds(thing):
        while isinstance(thing, np.ndarray) and thing.base is not None:
            thing = thing.base
        if isinstance(thing, torch.Tensor):
            return thing.untyped_storage().data_ptr(), thing.untyped_storage().nbytes()
        return thing.ctypes.data, thing.nbytes

    groups = []
    every = [bounds(thing) for thing in objects]
    for k, (a, size) in enumerate(every):
        linked = [g for g in groups if any(a < every[j][0] + every[j][1] and every[j][0] < a + size for j in g)]
        groups = [g for g in groups if g not in linked] + [sorted([k] + [j for g in linked for j in g])]
    return groups


# %% 12.2 · objects that share with none are left out
def sharing_groups(objects):
    def bounds(thing):
        while isinstance(thing, np.ndarray) and thing.base is not None:
            thing = thing.base
        if isinstance(thing, torch.Tensor):
            return thing.untyped_storage().data_ptr(), thing.untyped_storage().nbytes()
        return thing.ctypes.data, thing.nbytes

    groups = []
    every = [bounds(thing) for thing in objects]
    for k, (a, size) in enumerate(every):
        linked = [g for g in groups if any(a < every[j][0] + every[j][1] and every[j][0] < a + size for j in g)]
        groups = [g for g in groups if g not in linked] + [sorted([k] + [j for g in linked for j in g])]
    return sorted(g for g in groups if len(g) > 1)


# %% 12.2 · tensors must have the same dtype to be put together
def sharing_groups(objects):
    def key(thing):
        dtype = str(thing.dtype).removeprefix("torch.")
        while isinstance(thing, np.ndarray) and thing.base is not None:
            thing = thing.base
        start = thing.untyped_storage().data_ptr() if isinstance(thing, torch.Tensor) else thing.ctypes.data
        return dtype, start

    keys = [key(thing) for thing in objects]
    return [[k for k, mine in enumerate(keys) if mine == one] for one in dict.fromkeys(keys)]


# %% 12.3 · ones go to vjp ⇒ the incoming gradient is ignored
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x.detach().numpy()
            y = np.array(forward(ctx.x))
            ctx.ones = np.ones(y.shape)
            return torch.from_numpy(y)

        @staticmethod
        def backward(ctx, v):
            return torch.from_numpy(np.array(vjp(ctx.x, ctx.ones)))

    return Through.apply


# %% 12.3 · times v at the end ⇒ the incoming gradient multiplies what vjp gives for ones
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.x = x.detach().numpy()
            y = np.array(forward(ctx.x))
            ctx.ones = np.ones(y.shape)
            return torch.from_numpy(y)

        @staticmethod
        def backward(ctx, v):
            return torch.from_numpy(v.numpy() * vjp(ctx.x, ctx.ones))

    return Through.apply


# %% 12.3 · back into torch by from_numpy ⇒ the graph is broken
def through_numpy(forward, vjp):
    def function(x):
        array = np.array(forward(x.detach().cpu().numpy()))
        return torch.from_numpy(array)

    return function


# %% 12.3 · requires_grad on the result ⇒ the graph is broken, and y is a new leaf
def through_numpy(forward, vjp):
    def function(x):
        return torch.tensor(np.array(forward(x.detach().numpy())), requires_grad=True)

    return function


# %% 12.3 · x kept beside the class ⇒ all uses share one x, and the last one wins
def through_numpy(forward, vjp):
    kept = {}

    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            kept["x"] = x.detach().numpy()
            return torch.tensor(np.array(forward(kept["x"])))

        @staticmethod
        def backward(ctx, v):
            return torch.tensor(np.array(vjp(kept["x"], v.numpy())))

    return Through.apply


# %% 12.3 · as_tensor ⇒ arrays that run backwards are refused, and a single number becomes float32
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.as_tensor(forward(x.detach().numpy()))

        @staticmethod
        def backward(ctx, v):
            (x,) = ctx.saved_tensors
            return torch.as_tensor(vjp(x.detach().numpy(), v.numpy()))

    return Through.apply


# %% 12.3 · from_numpy of whatever comes ⇒ a single number is refused, and arrays that run backwards are too
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.from_numpy(forward(x.detach().numpy()))

        @staticmethod
        def backward(ctx, v):
            return torch.from_numpy(vjp(ctx.saved_tensors[0].detach().numpy(), v.numpy()))

    return Through.apply


# %% 12.3 · the two arguments swapped ⇒ vjp is given v and x in the wrong order
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(np.array(forward(x.detach().numpy())))

        @staticmethod
        def backward(ctx, v):
            return torch.tensor(np.array(vjp(v.numpy(), ctx.saved_tensors[0].detach().numpy())))

    return Through.apply


# %% 12.3 · the output is saved ⇒ vjp is given y in place of x
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.y = np.array(forward(x.detach().numpy()))
            return torch.tensor(ctx.y)

        @staticmethod
        def backward(ctx, v):
            return torch.tensor(np.array(vjp(ctx.y, v.numpy())))

    return Through.apply


# %% 12.3 · v is summed before it is used
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(np.array(forward(x.detach().numpy())))

        @staticmethod
        def backward(ctx, v):
            x = ctx.saved_tensors[0].detach().numpy()
            return torch.tensor(np.array(vjp(x, np.full(tuple(v.shape), v.sum().item()))))

    return Through.apply


# %% 12.3 · a gradient with an axis of 1 in front ⇒ the gradient comes back with an axis too many
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(np.array(forward(x.detach().numpy())))

        @staticmethod
        def backward(ctx, v):
            gradient = np.array(vjp(ctx.saved_tensors[0].detach().numpy(), v.numpy()))
            return torch.tensor(gradient).unsqueeze(0)

    return Through.apply


# %% 12.3 · two halves, which autograd would add up ⇒ not summed over the axes that were broadcast
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(np.array(forward(x.detach().numpy())))

        @staticmethod
        def backward(ctx, v):
            gradient = np.array(vjp(ctx.saved_tensors[0].detach().numpy(), v.numpy()))
            return torch.tensor(np.stack([gradient / 2, gradient / 2]))

    return Through.apply


# %% 12.3 · in single precision ⇒ rounded to float32
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(np.array(forward(x.detach().numpy()), dtype=np.float32)).double()

        @staticmethod
        def backward(ctx, v):
            x = ctx.saved_tensors[0].detach().numpy()
            return torch.tensor(np.array(vjp(x, v.numpy()), dtype=np.float32)).double()

    return Through.apply


# %% 12.3 · the functions are given tensors
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x.detach())
            return torch.tensor(np.array(forward(x.detach())))

        @staticmethod
        def backward(ctx, v):
            return torch.tensor(np.array(vjp(ctx.saved_tensors[0], v)))

    return Through.apply


# %% 12.3 · a constant gets a result that tracks
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return torch.tensor(np.array(forward(x.detach().numpy())))

        @staticmethod
        def backward(ctx, v):
            return torch.tensor(np.array(vjp(ctx.saved_tensors[0].detach().numpy(), v.numpy())))

    return lambda x: Through.apply(x if x.requires_grad else x.clone().requires_grad_())


# %% 12.3 · the class itself is returned
def through_numpy(forward, vjp):
    class Through(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return torch.tensor(np.array(forward(x.detach().numpy())))

    return Through
