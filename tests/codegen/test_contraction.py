"""Which form a contraction takes, and what of its operands is copied. No device."""

from lazygrad.codegen import ops
from lazygrad.codegen.compile import Plan, compile_graph
from lazygrad.codegen.contraction_cost import cost
from lazygrad.codegen.contraction_lines import Segment, Taps
from lazygrad.codegen.contraction_schedule import candidates, plan_form
from lazygrad.codegen.dtype import float32, int64
from lazygrad.codegen.graph import Node
from lazygrad.codegen.limits import Limits
from lazygrad.codegen.narrow import narrow_contractions
from lazygrad.codegen.simplify import simplify
from lazygrad.codegen.structure import structure

AVX2 = Limits(local_bytes=262144, register_bytes=32, registers=16)
AVX512 = Limits(local_bytes=262144)


def f32(*shape: int) -> Node:
    return ops.buffer(float32, shape)


def plan(*outputs: Node, limits: Limits = AVX2) -> Plan:
    _key, late, _order = structure(outputs, lambda n: n.op.name == "buffer")
    return compile_graph(outputs, late, limits, check=True)


def convolution(images: Node, weights: Node) -> Node:
    rows, columns = weights.shape[2:]
    windows = ops.window(ops.window(images, 2, rows), 3, columns)
    return ops.contract(windows, weights, (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))


def form_of(n: Node, limits: Limits = AVX2):
    return plan_form(n, dict.fromkeys(memory_of(n), "x"), limits)


def memory_of(n: Node) -> list[Node]:
    found, stack = [], list(n.src)
    while stack:
        x = stack.pop()
        found += [x] if x.op.name == "buffer" else []
        stack += x.src
    return found


def test_pixels_are_read_along_rows():
    """A row of pixels is staged once for all slots of the windows along it, in vectors of which
    the last one of a row overlaps the one before; panels go on from row to row."""
    for limits in (AVX2, AVX512):
        for n in (
            convolution(f32(64, 1, 28, 28), f32(32, 1, 3, 3)),
            convolution(f32(8, 64, 66, 66), f32(64, 64, 3, 3)),
        ):
            form = form_of(n, limits)
            assert form.staged == "lines"
            assert form.stored == "side by side"
            assert [form.sizes[x] for x in form.n] == [n.shape[-1]]
            assert form.taps.places == (0, 1, 2)
            assert form.block % 3 == 0
            assert form.staged_width * 3 <= 2 * 3 * form.panel


def test_short_rows_of_pixels_are_not():
    """Vectors of 8 pixels would compute a seventh of a row of 14 twice."""
    for image, weight in (((8, 256, 16, 16), (256, 256, 3, 3)), ((8, 64, 9, 9), (64, 64, 3, 3))):
        assert form_of(convolution(f32(*image), f32(*weight))).staged in ("transpose", "table")


def test_segments_of_lines():
    """What the slots of a window read is staged once, where they are not far apart."""
    plain = Taps((0, 1, 2))
    assert [(s.begin, s.length, s.at) for s in plain.segments(8)] == [(0, 10, 0)]
    assert (plain.width(8), plain.loads(8), plain.shifts(8)) == (16, 2, [0, 1, 2])
    turned = Taps((0, -2, -4))
    assert [(s.begin, s.length, s.at) for s in turned.segments(4)] == [(-4, 8, 0)]
    assert turned.shifts(4) == [4, 2, 0]
    phases = Taps((0, 115, 1, 116, 2, 117, 3))
    assert [(s.begin, s.length, s.at) for s in phases.segments(8)] == [(0, 11, 0), (115, 10, 16)]
    assert phases.shifts(8) == [0, 16, 1, 17, 2, 18, 3]
    assert Segment(0, 21, 0).vectors(8) == [0, 8, 13]


def test_strides_are_phases_of_what_is_padded():
    """So that windows of strided convolutions move by one element, too."""
    image = ops.pad_around(f32(1, 3, 20, 41), [(0, 0), (0, 0), (3, 3), (3, 3)])
    windows = ops.window(ops.window(image, 2, 7, 2), 3, 7, 2)
    n = ops.contract(windows, f32(64, 3, 7, 7), (0, 1, 2, 3, 4, 5), (6, 1, 4, 5), (0, 6, 2, 3))
    padded, product = plan(n).steps
    assert padded.kernel.name.startswith("copy_3x26x2x24")
    assert "vload8(0, panel + s*96 + shift)" in product.text


def weights_gradient(size: int) -> Node:
    windows = ops.window(ops.window(f32(16, 32, size + 2, size + 2), 2, 3), 3, 3)
    labels = (0, 1, 2, 3, 4, 5), (0, 6, 2, 3), (6, 1, 4, 5)
    return ops.contract(windows, f32(16, 32, size, size), *labels)


def test_runs_of_contracted_positions_are_read_as_vectors():
    """Images of 28 x 28 begin at multiples of 16 elements, those of 13 x 13 do not."""
    assert form_of(weights_gradient(28)).staged == "transpose"
    assert form_of(weights_gradient(13)).staged == "table"
    (step,) = plan(weights_gradient(28)).steps
    assert "x1.s7" in step.text


def test_rows_apart_are_walked_in_short_blocks():
    """Elements of a transposed operand's row lie in a cache line each."""
    a, b = f32(1024, 1024), f32(1024, 1024)
    product = ops.contract(a, b, (0, 1), (0, 2), (1, 2))
    assert form_of(product).block <= 128
    assert form_of(ops.matmul(a, b)).block > 128


def test_rows_that_run_on_are_walked_in_deep_blocks():
    """Every block waits anew for the first elements of its rows; with one, nothing rests between.
    Positions that stand in a table are spread over more of the first cache."""
    *_, step = plan(ops.matmul(f32(1024, 1024), f32(1024, 1024))).steps
    assert form_of(ops.matmul(f32(1024, 1024), f32(1024, 1024))).block == 1024
    assert "scratch" not in step.text
    assert form_of(ops.matmul(f32(2048, 2048), f32(2048, 2048))).block == 1024
    form = form_of(convolution(f32(8, 256, 16, 16), f32(256, 256, 3, 3)))
    assert form.block <= (512 if form.table else 1024)


def test_of_two_transposed_operands_the_second_gives_the_rows():
    """Whose elements follow one another: storing apart costs less than reading so for each tile."""
    both = ops.contract(f32(1000, 1000), f32(1000, 1000), (0, 1), (2, 0), (1, 2))
    form = form_of(both)
    assert form.swapped and not form.scattered
    assert form.stored == "apart"
    assert len(plan(both).steps) == 1


def test_of_two_transposed_operands_one_is_copied_where_lines_of_the_result_collide():
    both = ops.contract(f32(1024, 1024), f32(1024, 1024), (0, 1), (2, 0), (1, 2))
    forms = candidates(both, dict.fromkeys(memory_of(both), "x"), AVX2)
    assert {form.pitch for form in forms if form.swapped} == {4096}
    assert len(plan(both).steps) == 2


def test_results_are_stored_apart_while_their_lines_stay_in_the_first_cache():
    """Sixteen of 32 KB where lines lie 2 KB apart; the few rows are then the ones to stage."""
    turned = ops.contract(f32(128, 784), f32(512, 784), (0, 1), (2, 1), (0, 2))
    form = form_of(turned)
    assert form.swapped and form.stored == "apart"
    assert form.panel * form.pitch <= AVX2.rates.l1_bytes


def test_panels_and_what_rests_between_blocks_fit_local_memory():
    for local_bytes in (32768, 65536, 262144):
        limits = Limits(local_bytes=local_bytes, register_bytes=32, registers=16)
        turned = ops.contract(f32(3000, 400), f32(3000, 500), (0, 1), (0, 2), (1, 2))
        for n in (ops.matmul(f32(600, 5000), f32(5000, 300)), turned):
            *_, step = plan(n, limits=limits).steps
            used = sum(a.size * a.dtype.itemsize for a in step.kernel.arrays)
            assert used <= local_bytes
            assert {"panel", "scratch"} <= {a.name for a in step.kernel.arrays}


def test_rows_of_a_transposed_operand_are_copied_to_panels():
    """A tile's rows side by side, where the product is worth a launch; rows that lie pages apart
    too. Not for a short product, nor for rows that are well read in place."""
    a, b = f32(1024, 1024), f32(1024, 1024)
    turned = ops.contract(a, b, (0, 1), (0, 2), (1, 2))
    for limits in (AVX2, AVX512):
        copy, product = plan(turned, limits=limits).steps
        assert "panels" in copy.reason
        assert sum(p.kind == "in" for p in product.kernel.params) == 2
        copy, _product = plan(ops.matmul(a, b), limits=limits).steps  # rows a page apart
        assert "panels" in copy.reason
        straight = ops.matmul(f32(1000, 1000), f32(1000, 1000))
        assert len(plan(straight, limits=limits).steps) == 1
    short = ops.contract(f32(64, 64), f32(64, 64), (0, 1), (0, 2), (1, 2))
    assert len(plan(short).steps) == 1
    several = ops.contract(f32(4, 300, 512), f32(4, 300, 1024), (3, 0, 1), (3, 0, 2), (3, 1, 2))
    assert len(plan(several).steps) == 2


def test_rows_of_a_transposed_operand_may_be_packed():
    """Whole vectors and cache lines of them; those of other operands stay where they are."""
    a, b = f32(1024, 1024), f32(1024, 1024)
    turned = ops.contract(a, b, (0, 1), (0, 2), (1, 2))
    for limits in (AVX2, AVX512):
        found = [f for f in candidates(turned, dict.fromkeys((a, b), "x"), limits) if f.packed]
        assert found
        for form in found:
            assert form.strip % form.lanes == 0
            assert form.strip >= 16
            assert form.tiles_per_item % form.packed == 0
    plain = candidates(ops.matmul(a, b), dict.fromkeys((a, b), "x"), AVX2)
    assert not any(f.packed and not f.swapped for f in plain)


def test_candidates_are_few_and_fit():
    shapes = [ops.matmul(f32(1000, 777), f32(777, 333)), ops.matmul(f32(4, 64), f32(64, 30)),
              convolution(f32(8, 64, 58, 58), f32(64, 64, 3, 3))]  # fmt: skip
    for n in shapes:
        for limits in (AVX2, AVX512):
            found = list(candidates(n, dict.fromkeys(memory_of(n), "x"), limits))
            assert 1 <= len(found) <= 50
            assert all(cost(form, limits) > 0 for form in found)
            for form in found:
                assert form.tile * form.vectors + form.vectors < limits.registers
                assert form.staged not in ("in place", "lines") or form.all_vectors >= form.vectors
                assert not form.lined or form.size(form.n) >= form.lanes


def images_gradient(padding: int) -> Node:
    """What a padded convolution's images get: folded, then without the padding."""
    g, weights = f32(2, 7, 12, 12), f32(7, 5, 3, 3)
    spread = ops.contract(g, weights, (0, 6, 2, 3), (6, 1, 4, 5), (0, 1, 2, 3, 4, 5))
    folded = ops.fold(ops.fold(spread, 3, 14), 2, 14)
    size = 14 - 2 * padding
    start = ops.const(padding, int64)
    return ops.slice_(folded, ((2, size, 1), (3, size, 1)), (start, start))


def test_gradient_of_padded_images_is_one_contraction():
    """Over windows of the padded gradient: nothing unfolded is stored, no edge cut off after."""
    (simple,) = narrow_contractions(simplify(simplify([images_gradient(1)])))
    assert simple.op.name == "contract"
    names = [step.kernel.name for step in plan(images_gradient(1)).steps]
    assert len(names) == 2
    assert names[0].startswith("copy_2x7x")


def test_a_row_times_a_large_matrix_is_summed_in_stages():
    """Of which each item reads some rows in whole: one strip down all of them would be slower."""
    first, second = plan(ops.matmul(f32(1, 4096), f32(4096, 4096))).steps
    assert first.kernel.global_size[1] == 16
    assert second.kernel.bytes_moved < first.kernel.bytes_moved / 50
    assert len(plan(ops.matmul(f32(1, 512), f32(512, 512))).steps) == 1
    turned = ops.permute(f32(4096, 4096), (1, 0))
    assert len(plan(ops.matmul(f32(1, 4096), turned)).steps) == 1
