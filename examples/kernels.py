"""What becomes of one expression: graph, gradient graph, plan, OpenCL text, timing.

python examples/kernels.py
"""

import time

import lazygrad as lg
from lazygrad import nn


def heading(text: str) -> None:
    print(f"\n--- {text} " + "-" * (90 - len(text)))


def main() -> None:
    lg.manual_seed(0)
    x = lg.randn(256, 512)
    w = lg.randn(512, 128, requires_grad=True)
    b = lg.zeros(128, requires_grad=True)
    lg.realize(x, w, b)

    heading("an expression: nothing runs, a graph is built")
    y = nn.functional.gelu(x @ w / 512**0.5 + b)
    loss = (y * y).mean()
    graph = lg.graph(loss)
    print(f"{graph.number_of_nodes()} nodes, {graph.number_of_edges()} edges:")
    for name, data in graph.nodes(data=True):
        print(f"  %{name} {data['label']}")

    heading("its gradient: more nodes of the same graph")
    (grad,) = lg.autograd.grad(loss, w, create_graph=True)
    print(f"{lg.graph(grad).number_of_nodes()} nodes for the gradient of w")
    (second,) = lg.autograd.grad((grad * grad).sum(), b)
    print(f"{lg.graph(second).number_of_nodes()} nodes for a gradient of that gradient")

    heading("the plan: which kernels would compute loss and gradient together")
    for kernel in lg.kernels(loss, grad):
        print(f"  {kernel.name}: {kernel.flops} operations, {kernel.bytes} bytes")
        print(f"    {kernel.reason}; from {', '.join(kernel.lines) or 'the library'}")

    heading("the OpenCL C of the shortest of them")
    print(min((k.source for k in lg.kernels(loss, grad)), key=len))

    heading("now something is asked for")
    print(f"loss {loss.item():.6f}, gradient of w {grad.norm().item():.6f}")

    heading("the same structure again: no planning, no compilation")
    for _ in range(3):
        begin = time.perf_counter()
        again = (nn.functional.gelu(x @ w / 512**0.5 + b) ** 2).mean()
        value = again.item()
        print(f"  {value:.6f} in {(time.perf_counter() - begin) * 1e3:.2f} ms")
    print(lg.stats())


if __name__ == "__main__":
    main()
