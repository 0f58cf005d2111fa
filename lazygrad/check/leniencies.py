"""What lazygrad takes on purpose where PyTorch raises, and why."""

import re

__all__ = ["DIFFERENCES", "REASONS", "UNSPECIFIED", "different", "lenient"]

# pattern over "head, parameter = bad value: PyTorch's words" -> why the call is taken
REASONS = {
    r"memory_format": "logical strides alone are kept: a hint about memory changes no value",
    r"must be bool, not (int|numpy)|keepdim=|requires_grad=|(unbiased|sorted|descending|"
    r"non_blocking|sparse_grad|create_graph|retain_graph|half_to_float)=|must be (tuple of )?bool":
        "flags may be 0, 1 and NumPy's bools",
    r"(other|values|end|exponent|min|max|value|input|q|weight|argument [123])\b.*(must be Tensor, "
    r"not (int|float|bool|numpy)|combination)": "operands are numbers and NumPy arrays, too",
    r"combination of arguments - got .*(numpy|float, int|bool)": "operands are numbers and arrays",
    r"int too big to convert|negative int to unsigned|Overflow when unpacking|int too large|"
    r"without overflow": "a number beside floats is a float, however many digits it has",
    r"with a bool tensor is not supported": "a number True beside floats is 1",
    r"has no attribute": "PyTorch has no such function",
    r"(tensors|dims|sizes|size|repeats)' .*must be tuple of|multiple values for argument":
        "a tensor is a sequence of its rows; sizes may be written without a tuple",
    r"same dtype|same scalar type|dtypes match|have same dtypes|to have the same":
        "written values are cast, as by NumPy's assignment",
    r"not implemented for|vml_cpu": "defined for this dtype, too",
    r"can only be used with multi-process|multiprocessing|persistent_workers|prefetch_factor":
        "batches are made in this process: settings of worker processes change nothing",
    r"accelerator|torch.device|Expected one of cpu": "devices are OpenCL's, with names of theirs",
    r"can't allocate memory|allocate|no answer after": "memory is taken when a value is asked for",
    r"same number of dimensions": "a source without dimensions counts as a number",
    r"TensorOptions|legacy|torch.Size": "older constructors take tensors of other dtypes",
    r"num_samples should be": "checked when numbers are drawn",
    r"expected dtype|different dtypes|Found dtype|did not match": "operands meet in one dtype",
    r"(Bool|Boolean|Bool inputs?) .*not supported|Boolean (alpha|beta)|not support bool":
        "bools count as 0 and 1",
    r"stable=|'(numpy.)?bool' object|np.bool": "flags may be 0, 1 and NumPy's bools",
    r"unexpected keyword argument 'other'|p = None|dim = None|rounding_mode = None|Device string":
        "an optional argument of the function is one of the method, too; None leaves it out",
    r"numpy.ndarray|(must be (Tensor|Number), not |got .*|assign a )(tuple|list|Tensor)":
        "values are array-like",
    r"Negative strides": "a step beyond the end leaves one window, however long it is",
    r"nested_tensorlist|only supports 0-dimensional|1D vector": "one element is a number",
    r"(fill_value|value)' \(position": "one element is a number",
    r"mixed dtype|result type Float|either float or double|Integral inputs|target dtype to be":
        "operands meet in one dtype, integers in the default floating one",
    r"topk does not support|only applicable to index|argument #1 'indices'": "bools are 0 and 1",
    r"out of bounds for float": "bounds are not held to the dtype's extremes",
    r"not a valid number|pct_start|betas must be": "numbers are numbers, written as int or float",
    r"Expected more than 1 value per": "the value is defined: no spread is 0",
    r"p_in >= 0": "values inside tensors are looked at on the device: indices alone are checked",
    r"data set to a tensor": "values are written; the vector's history is not",
    r"reduce = None|keepdim = |dim = |(dim|'dim').*NoneType|argument 2 = None|NoneType":
        "an optional argument of the function is one of the method, too; None leaves it out",
    r"floating po|Device index|dtype = ": "modules and names of devices are taken as NumPy's are",
    r"len\(|replacement|timeout": "checked when batches are made",
    r"Expected attn_mask": "masks broadcast",
    r"broadcast shape|cannot be broadcast": "leading dimensions of size 1 broadcast",
    r"lg.Tensor.tile|not (int|bool)$": "sizes may be written without a tuple",
    r"invalid type: 'int'": "Python's own types are dtypes",
    r"must be torch.dtype": "Python's own types are dtypes",
}  # fmt: skip

# functions whose values nothing fixes: drawn, left open, or one of several right ones
UNSPECIFIED = re.compile(
    r"rand|normal|uniform|bernoulli|exponential|multinomial|dropout|kaiming|xavier|empty|"
    r"\.new|Tensor$|kthvalue|topk|mbedding|attention|median|mode|data_ptr|random|seed|Dropout|set_rng"
)


# values that differ from PyTorch's on purpose
DIFFERENCES = {
    r"(add(b)?mm|addmv|addr|baddbmm).*(alpha|beta) = (inf|-inf|nan)":
        "the product is scaled, not a factor: 0 * inf comes about elsewhere",
    r"(lin|log)space.*(inf|nan)": "what lies between infinities is NaN; which one, nobody fixed",
    r"(ardtanh|elu6|eLU6|vg_?[pP]ool|BCE|binary).*(ints|bools|half|\(2, 3\))":
        "bounds that are floats make floats of integers",
    r"(full|arange).*np.bool": "NumPy's bools are bools",
    r"Norm|norm.*half": "two dtypes meet in the wider one",
}  # fmt: skip


def different(head: str, slot: int | str, bad: str) -> str | None:
    """The reason why a value differs from PyTorch's; None where there is none."""
    where = slot if isinstance(slot, str) else f"argument {slot + 1}"
    for pattern, reason in DIFFERENCES.items():
        if re.search(pattern, f"{head}, {where} = {bad}"):
            return reason
    return None


def lenient(head: str, slot: int | str, bad: str, refused: BaseException) -> str | None:
    """The reason why a call is taken; None where there is none."""
    where = slot if isinstance(slot, str) else f"argument {slot + 1}"
    line = str(refused).partition("\n")[0]
    told = f"{head}, {where} = {bad}: {line}"
    for pattern, reason in REASONS.items():
        if re.search(pattern, told):
            return reason
    return None
