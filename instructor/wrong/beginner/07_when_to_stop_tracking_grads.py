# %% 07.1 · eval without no_grad, modes put back ⇒ the forward pass is recorded
def evaluate(model, x, y):
    modes = {module: module.training for module in model.modules()}
    loss = torch.nn.functional.mse_loss(model.eval()(x), y)
    for module in modes:
        module.training = modes[module]
    return float(loss.detach())


# %% 07.1 · eval and no_grad, and nothing put back ⇒ the model is left in eval mode
def evaluate(model, x, y):
    model.eval()
    with torch.no_grad():
        misses = model(x) - y
        return float((misses * misses).mean())


# %% 07.1 · train() at the end ⇒ all parts are in train mode afterwards
def evaluate(model, x, y):
    model.eval()
    with torch.inference_mode():
        value = (model(x) - y).pow(2).mean().item()
    model.train()
    return value


# %% 07.1 · the mode of the whole model is noted ⇒ all parts get the mode of the whole model afterwards
def evaluate(model, x, y):
    training = model.training
    model.eval()
    with torch.no_grad():
        value = (model(x) - y).pow(2).mean().item()
    model.train(training)
    return value


# %% 07.1 · the modes of the children are noted, not of what is inside them
def evaluate(model, x, y):
    modes = [(child, child.training) for child in model.children()]
    was = model.training
    model.eval()
    with torch.no_grad():
        value = (model(x) - y).pow(2).mean().item()
    model.training = was
    for child, training in modes:
        child.train(training)
    return value


# %% 07.1 · the mode of the whole model decides whether eval is called
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    if model.training:
        model.eval()
    with torch.no_grad():
        value = (model(x) - y).pow(2).mean().item()
    for module, training in modes:
        module.training = training
    return value


# %% 07.1 · divided by the number of rows ⇒ the mean is over rows only
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        value = ((model(x) - y) ** 2).sum(dim=1).mean().item()
    for module, training in modes:
        module.training = training
    return value


# %% 07.1 · flags off before, on after ⇒ all flags are switched on at the end
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad = False
    value = torch.nn.functional.mse_loss(model(x), y).item()
    for parameter in model.parameters():
        parameter.requires_grad = True
    for module, training in modes:
        module.training = training
    return value


# %% 07.1 · grad mode switched off for good ⇒ tracking is left switched off
def evaluate(model, x, y):
    torch.set_grad_enabled(False)
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    value = torch.nn.functional.mse_loss(model(x), y).item()
    for module, training in modes:
        module.training = training
    return value


# %% 07.1 · in single precision ⇒ rounded to float32
def evaluate(model, x, y):
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    with torch.no_grad():
        value = (model(x).float() - y.float()).pow(2).mean().item()
    for module, training in modes:
        module.training = training
    return value


# %% 07.2 · numbers taken after the loop ⇒ all graphs are kept until the end
def loss_history(step, n):
    history = []
    for _ in range(n):
        history.append(step())
    return torch.stack(history).tolist() if history else []


# %% 07.2 · a first loss before the loop ⇒ one step too many
def loss_history(step, n):
    losses = [step().item()]
    for _ in range(n):
        losses.append(step().item())
    return losses


# %% 07.2 · a step ahead of the history ⇒ one step too many is taken, and its loss dropped
def loss_history(step, n):
    losses, loss = [], step()
    for _ in range(n):
        losses.append(loss.item())
        loss = step()
    return losses


# %% 07.2 · a step to warm up ⇒ a first step is left out of the list
def loss_history(step, n):
    losses = [step().item() for _ in range(n + 1)]
    return losses[1:]


# %% 07.2 · a running total in the graph ⇒ the losses are added up, and the sum holds every graph
def loss_history(step, n):
    totals = []
    for k in range(n):
        loss = step() if k == 0 else loss + step()
        totals.append(float(loss.detach()))
    return totals


# %% 07.2 · under no_grad ⇒ tracking is off while step runs
@torch.no_grad()
def loss_history(step, n):
    return [float(step()) for _ in range(n)]


# %% 07.2 · the last two losses are held
def loss_history(step, n):
    losses, before, loss = [], None, None
    for _ in range(n):
        before, loss = loss, step()
        losses.append(loss.item())
    return losses


# %% 07.2 · all losses are kept beside the history, in the function itself
def loss_history(step, n):
    loss_history.kept = []
    values = []
    for _ in range(n):
        loss = step()
        loss_history.kept.append(loss)
        values.append(loss.item())
    return values


# %% 07.2 · the last loss stays known
last_loss = None


def loss_history(step, n):
    global last_loss
    values = []
    for _ in range(n):
        last_loss = step()
        values.append(last_loss.item())
    return values


# %% 07.2 · stops early where the loss no longer falls
def loss_history(step, n):
    losses = []
    for _ in range(n):
        losses.append(step().item())
        if len(losses) > 2 and losses[-1] > losses[-2]:
            break
    return losses


# %% 07.3 · one backward through everything ⇒ gradients reach the backbone
def head_gradients_only(backbone, head, x, y):
    loss = torch.nn.functional.mse_loss(head(backbone(x)), y)
    loss.backward()
    return {name: parameter.grad for name, parameter in head.named_parameters()}


# %% 07.3 · backward, and .grad read ⇒ the head's .grad is left changed
def head_gradients_only(backbone, head, x, y):
    with torch.no_grad():
        features = backbone(x)
    torch.nn.functional.mse_loss(head(features), y).backward()
    return {name: parameter.grad for name, parameter in head.named_parameters()}


# %% 07.3 · detached afterwards ⇒ the backbone's graph is recorded, and then not used
def head_gradients_only(backbone, head, x, y):
    features = backbone(x).detach()
    loss = torch.nn.functional.mse_loss(head(features), y)
    return dict(zip(dict(head.named_parameters()), torch.autograd.grad(loss, list(head.parameters()))))


# %% 07.3 · flags off before, on after ⇒ all of the backbone's flags are switched on at the end
def head_gradients_only(backbone, head, x, y):
    for parameter in backbone.parameters():
        parameter.requires_grad = False
    loss = torch.nn.functional.mse_loss(head(backbone(x)), y)
    gradients = torch.autograd.grad(loss, list(head.parameters()))
    for parameter in backbone.parameters():
        parameter.requires_grad = True
    return dict(zip(dict(head.named_parameters()), gradients))


# %% 07.3 · eval mode, put back ⇒ the backbone runs in eval mode
def head_gradients_only(backbone, head, x, y):
    modes = {part: part.training for part in backbone.modules()}
    with torch.no_grad():
        features = backbone.eval()(x)
    for part in modes:
        part.training = modes[part]
    loss = torch.nn.functional.mse_loss(head(features), y)
    return dict(zip(dict(head.named_parameters()), torch.autograd.grad(loss, list(head.parameters()))))


# %% 07.3 · the backbone is put into train mode
def head_gradients_only(backbone, head, x, y):
    with torch.no_grad():
        features = backbone.train()(x)
    loss = torch.nn.functional.mse_loss(head(features), y)
    return dict(zip(dict(head.named_parameters()), torch.autograd.grad(loss, list(head.parameters()))))


# %% 07.3 · cleared, backward ⇒ the head's .grad is cleared and filled anew
def head_gradients_only(backbone, head, x, y):
    for parameter in head.parameters():
        parameter.grad = None
    with torch.no_grad():
        features = backbone(x)
    torch.nn.functional.mse_loss(head(features), y).backward()
    return {name: parameter.grad.detach() for name, parameter in head.named_parameters()}


# %% 07.3 · no_grad around it all ⇒ the head is not recorded either
@torch.no_grad()
def head_gradients_only(backbone, head, x, y):
    loss = ((head(backbone(x)) - y) ** 2).mean()
    return dict(zip(dict(head.named_parameters()), torch.autograd.grad(loss, list(head.parameters()))))


# %% 07.3 · the names say that it is the head
def head_gradients_only(backbone, head, x, y):
    with torch.no_grad():
        features = backbone(x)
    loss = ((head(features) - y) ** 2).mean()
    names = [f"head.{name}" for name, _ in head.named_parameters()]
    return dict(zip(names, torch.autograd.grad(loss, list(head.parameters()))))


# %% 07.3 · the backbone's gradients are thrown away afterwards ⇒ the backbone's graph is recorded, and then not used
def head_gradients_only(backbone, head, x, y):
    old = {parameter: parameter.grad for parameter in (*backbone.parameters(), *head.parameters())}
    for parameter in old:
        parameter.grad = None
    ((head(backbone(x)) - y) ** 2).mean().backward()
    gradients = {name: parameter.grad for name, parameter in head.named_parameters()}
    for parameter in old:
        parameter.grad = old[parameter]
    return gradients
