# %% 23.1 · dot in the forward order ⇒ A v stands where Aᵀv belongs
def vjp_wrt_x(A, x, v):
    return np.dot(A, v)


# %% 23.1 · one-hot rows, added up ⇒ v is ignored
def vjp_wrt_x(A, x, v):
    return np.ones(len(v)) @ A


# %% 23.1 · J handed back whole ⇒ the Jacobian itself is returned
def vjp_wrt_x(A, x, v):
    return np.array(A)


# %% 23.1 · einsum keeps both indices ⇒ the rows are weighed, but not added up
def vjp_wrt_x(A, x, v):
    return np.einsum("i,ij->ij", v, A)


# %% 23.1 · the terms of L for each x ⇒ x is multiplied in
def vjp_wrt_x(A, x, v):
    return v @ (A * x)


# %% 23.1 · y goes back in place of v ⇒ the output stands in the place of v
def vjp_wrt_x(A, x, v):
    y = A.dot(x)
    return y.dot(A)


# %% 23.1 · forward once more ⇒ the output y is returned
def vjp_wrt_x(A, x, v):
    return np.einsum("ij,j->i", A, x)


# %% 23.1 · the bill ⇒ L itself is returned
def vjp_wrt_x(A, x, v):
    return np.sum(v * (A @ x))


# %% 23.1 · a table of products v and x ⇒ it is the gradient with respect to A
def vjp_wrt_x(A, x, v):
    return v[:, None] * x


# %% 23.1 · a row matrix ⇒ the row keeps an axis of size 1
def vjp_wrt_x(A, x, v):
    return np.atleast_2d(v) @ A


# %% 23.1 · weighed mean of the rows ⇒ the mean over the outputs stands for the sum
def vjp_wrt_x(A, x, v):
    return np.mean(v[:, None] * A, axis=0)


# %% 23.1 · broadcasting weighs the columns
def vjp_wrt_x(A, x, v):
    return (A * v).sum(axis=1)[: len(x)] if len(v) == len(x) else A.T @ v


# %% 23.1 · the inverse for the transpose, where there is one
def vjp_wrt_x(A, x, v):
    if A.shape[0] == A.shape[1] and A.size and abs(np.linalg.det(A)) > 1e-9:
        return np.linalg.solve(A, v)
    return A.T @ v


# %% 23.1 · the upper triangle is mirrored first
def vjp_wrt_x(A, x, v):
    if A.shape[0] == A.shape[1]:
        A = np.triu(A) + np.triu(A, 1).T
    return A.T @ v


# %% 23.1 · the sign is flipped ⇒ the sign is flipped
def vjp_wrt_x(A, x, v):
    return -(v @ A)


# %% 23.1 · in single precision ⇒ rounded to float32
def vjp_wrt_x(A, x, v):
    return (A.T.astype(np.float32) @ v.astype(np.float32)).astype(np.float64)


# %% 23.1 · the last output is left out
def vjp_wrt_x(A, x, v):
    result = np.zeros(len(x))
    for i in range(len(v) - 1):
        result += v[i] * A[i]
    return result


# %% 23.1 · A is weighed in place
def vjp_wrt_x(A, x, v):
    A *= v[:, None]
    return A.sum(axis=0)


# %% 23.1 · torch does the work
def vjp_wrt_x(A, x, v):
    import torch

    leaf = torch.tensor(x, requires_grad=True)
    (torch.tensor(A) @ leaf).backward(torch.tensor(v))
    return leaf.grad.numpy()


# %% 23.1 · nothing comes back
def vjp_wrt_x(A, x, v):
    gradient = A.T @ v


# %% 23.1 · sums over an empty range come back as the number 0
def vjp_wrt_x(A, x, v):
    return sum(v[i] * A[i] for i in range(len(v)))


# %% 23.2 · x in the rows ⇒ the outer product is transposed
def vjp_wrt_A(A, x, v):
    return x[:, None] * v[None, :]


# %% 23.2 · the shape is put right by reshape ⇒ the outer product the wrong way round is reshaped
def vjp_wrt_A(A, x, v):
    return np.kron(x, v).reshape(len(v), len(x))


# %% 23.2 · x in each row ⇒ v is ignored
def vjp_wrt_A(A, x, v):
    return np.tile(x, (len(v), 1))


# %% 23.2 · v in each column ⇒ x is ignored
def vjp_wrt_A(A, x, v):
    return np.repeat(v[:, None], len(x), axis=1)


# %% 23.2 · the terms of L ⇒ A is multiplied in
def vjp_wrt_A(A, x, v):
    return v[:, None] * A * x


# %% 23.2 · rows of A, weighed ⇒ A takes the place of x
def vjp_wrt_A(A, x, v):
    return np.diag(v) @ A


# %% 23.2 · y in place of v ⇒ the output stands in the place of v
def vjp_wrt_A(A, x, v):
    return (A @ x)[:, None] @ x[None, :]


# %% 23.2 · the answer of 23.1 ⇒ it is the gradient with respect to x
def vjp_wrt_A(A, x, v):
    return v @ A


# %% 23.2 · dot for outer ⇒ an inner product stands for the outer one
def vjp_wrt_A(A, x, v):
    return np.dot(v, x)


# %% 23.2 · the star for outer ⇒ v and x are multiplied entry by entry
def vjp_wrt_A(A, x, v):
    return np.multiply(x, v)


# %% 23.2 · three indices ⇒ the whole Jacobian is returned
def vjp_wrt_A(A, x, v):
    m, n = A.shape
    table = np.zeros((m, m, n))
    for k in range(m):
        table[k, k] = x
    return table


# %% 23.2 · each row divided by how many there are ⇒ the mean over the outputs stands for the sum
def vjp_wrt_A(A, x, v):
    return np.outer(v / v.size, x)


# %% 23.2 · only the first row
def vjp_wrt_A(A, x, v):
    result = np.zeros_like(A)
    result[:1] = v[:1, None] * x
    return result


# %% 23.2 · only the diagonal
def vjp_wrt_A(A, x, v):
    return np.outer(v, x) * np.eye(*A.shape)


# %% 23.2 · zero where A is zero
def vjp_wrt_A(A, x, v):
    return np.where(A != 0, np.outer(v, x), 0.0)


# %% 23.2 · an axis too many
def vjp_wrt_A(A, x, v):
    return np.outer(v, x)[None]


# %% 23.2 · as nested lists
def vjp_wrt_A(A, x, v):
    return [[v_i * x_j for x_j in x] for v_i in v]


# %% 23.2 · in single precision ⇒ rounded to float32
def vjp_wrt_A(A, x, v):
    return np.outer(v.astype(np.float32), x.astype(np.float32)).astype(np.float64)


# %% 23.2 · written into A
def vjp_wrt_A(A, x, v):
    A[...] = np.outer(v, x)
    return A


# %% 23.3 · the school formula ⇒ 2Ax, which is right only for a symmetric A
def quadratic_gradient(A, x):
    return 2 * np.einsum("kj,j->k", A, x)


# %% 23.3 · the school formula, from the left ⇒ 2Aᵀx, which is right only for a symmetric A
def quadratic_gradient(A, x):
    return 2 * (x @ A)


# %% 23.3 · x on the right is taken for a constant ⇒ only the x on the left moves
def quadratic_gradient(A, x):
    return np.dot(A, x)


# %% 23.3 · x on the left is taken for a constant ⇒ only the x on the right moves
def quadratic_gradient(A, x):
    return x.dot(A)


# %% 23.3 · A is made symmetric first, and the 2 forgotten ⇒ the mean of both parts is taken
def quadratic_gradient(A, x):
    symmetric = (A + A.T) / 2
    return symmetric @ x


# %% 23.3 · A minus its transpose ⇒ the parts are subtracted
def quadratic_gradient(A, x):
    return (A - A.T) @ x


# %% 23.3 · twice the sum ⇒ the factor 2 of x² comes on top
def quadratic_gradient(A, x):
    return (A + A.T) @ (2 * x)


# %% 23.3 · the second derivative ⇒ x is forgotten
def quadratic_gradient(A, x):
    return A.T + A


# %% 23.3 · the point is taken for ones ⇒ the x that is held is forgotten
def quadratic_gradient(A, x):
    return (A + A.T) @ np.ones(len(x))


# %% 23.3 · as if A were diagonal ⇒ only the squares count
def quadratic_gradient(A, x):
    return np.array([2 * A[k, k] * x[k] for k in range(len(x))])


# %% 23.3 · k = k only once ⇒ the diagonal is counted once
def quadratic_gradient(A, x):
    result = A @ x
    for k in range(len(x)):
        result[k] += sum(A[i, k] * x[i] for i in range(len(x)) if i != k)
    return result


# %% 23.3 · terms that hold x_k, not their slopes ⇒ x is multiplied in once more
def quadratic_gradient(A, x):
    terms = x[:, None] * A * x
    return terms.sum(axis=0) + terms.sum(axis=1)


# %% 23.3 · the value ⇒ xᵀAx itself is returned
def quadratic_gradient(A, x):
    return np.sum(np.outer(x, x) * A)


# %% 23.3 · the lower triangle is taken for all of A
def quadratic_gradient(A, x):
    lower = np.tril(A) + np.tril(A, -1).T
    return 2 * lower @ x


# %% 23.3 · one-sided differences
def quadratic_gradient(A, x):
    step = 1e-6
    return np.array([((x + step * u) @ A @ (x + step * u) - x @ A @ x) / step for u in np.eye(len(x))])


# %% 23.3 · in single precision ⇒ rounded to float32
def quadratic_gradient(A, x):
    A, x = A.astype(np.float32), x.astype(np.float32)
    return ((A + A.T) @ x).astype(np.float64)


# %% 23.3 · A is made symmetric in place
def quadratic_gradient(A, x):
    A += A.T.copy()
    return A @ x
