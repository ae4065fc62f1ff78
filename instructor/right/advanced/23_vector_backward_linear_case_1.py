# %% 23.1 · v from the left
def vjp_wrt_x(A, x, v):
    return v @ A


# %% 23.1 · einsum
def vjp_wrt_x(A, x, v):
    return np.einsum("i,ij->j", v, A)


# %% 23.1 · two loops
def vjp_wrt_x(A, x, v):
    m, n = A.shape
    gradient = np.zeros(n)
    for i in range(m):
        for j in range(n):
            gradient[j] += v[i] * A[i, j]
    return gradient


# %% 23.1 · weighed rows, added up, in long double
def vjp_wrt_x(A, x, v):
    return np.sum(v.astype(np.longdouble)[:, None] * A, axis=0)


# %% 23.1 · L along each unit vector, which is exact for a linear map
def vjp_wrt_x(A, x, v):
    return np.array([v @ (A @ unit) for unit in np.eye(len(x))])


# %% 23.1 · column by column, without NumPy's sums
def vjp_wrt_x(A, x, v):
    return np.array([sum(a * weight for a, weight in zip(column, v)) for column in A.T], dtype=float)


# %% 23.2 · a column times a row
def vjp_wrt_A(A, x, v):
    return v[:, None] @ x[None, :]


# %% 23.2 · einsum
def vjp_wrt_A(A, x, v):
    return np.einsum("i,j->ij", v, x)


# %% 23.2 · the other order, transposed
def vjp_wrt_A(A, x, v):
    return np.outer(x, v).T


# %% 23.2 · two loops
def vjp_wrt_A(A, x, v):
    gradient = np.empty(A.shape)
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            gradient[i, j] = v[i] * x[j]
    return gradient


# %% 23.2 · v against the whole Jacobian
def vjp_wrt_A(A, x, v):
    table = np.einsum("ki,j->kij", np.eye(len(v)), x)
    return np.tensordot(v, table, axes=1)


# %% 23.2 · by broadcasting, in long double
def vjp_wrt_A(A, x, v):
    return np.multiply.outer(v.astype(np.longdouble), x.astype(np.longdouble))


# %% 23.3 · one matrix
def quadratic_gradient(A, x):
    return (A + A.T) @ x


# %% 23.3 · twice the symmetric part
def quadratic_gradient(A, x):
    symmetric = (A + A.T) / 2
    return 2 * symmetric @ x


# %% 23.3 · einsum, twice
def quadratic_gradient(A, x):
    return np.einsum("kj,j->k", A, x) + np.einsum("ik,i->k", A, x)


# %% 23.3 · two loops
def quadratic_gradient(A, x):
    gradient = np.zeros_like(x)
    for i in range(len(x)):
        for j in range(len(x)):
            gradient[i] += A[i, j] * x[j]
            gradient[j] += A[i, j] * x[i]
    return gradient


# %% 23.3 · complex steps
def quadratic_gradient(A, x):
    step = 1e-30
    points = [x + 1j * step * unit for unit in np.eye(len(x))]
    return np.array([(point @ A @ point).imag / step for point in points])


# %% 23.3 · in long double, from the left
def quadratic_gradient(A, x):
    wide = x.astype(np.longdouble)
    return wide @ A + wide @ A.T
