"""What lazygrad takes on purpose where PyTorch raises, and why."""

import re
from dataclasses import dataclass

__all__ = ["DIFFERENCES", "LENIENCIES", "UNSPECIFIED", "Leniency", "different", "lenient"]

_ARRAYS = (
    "float array|half|floats|ints|bools|number|empty|nan tensor|.* of ints|.7, 5.|.1, 1, 1, 1."
)
_NUMBERS = r"-?[\d.]+|-?inf|nan|-2\*\*63 - 1|np\.float64|np\.bool|True"
_FLAGS = r"0|True|np\.bool"


@dataclass(frozen=True)
class Leniency:
    """A kind of calls that are taken. Every pattern has to match; those that are empty do.

    Attributes:
        reason: why.
        words: searched in the first line of PyTorch's error.
        bad: the name of the bad value, whole, see `bad_values.BAD`.
        slot: the parameter or the place (from 0) where the bad value stands, whole.
        head: searched in the function that is called.
    """

    reason: str
    words: str = ""
    bad: str = ""
    slot: str = ""
    head: str = ""

    def covers(self, head: str, slot: int | str, bad: str, words: str) -> bool:
        return bool(
            re.search(self.words, words)
            and (not self.bad or re.fullmatch(self.bad, bad))
            and (not self.slot or re.fullmatch(self.slot, str(slot)))
            and re.search(self.head, head)
        )


_OPERANDS = "operands are numbers and arrays"
_ONE = "one element is a number"
_BOOLS = "bools are 0 and 1"
_DTYPES = "operands meet in one dtype, integers in the default floating one"
_LEFT_OUT = "an optional argument of the function is one of the method, too; None leaves it out"
_SEQUENCE = "a tensor is a sequence of its rows; sizes may be written without a tuple"

LENIENCIES = (
    # arguments that change no value
    Leniency("logical strides alone are kept: a hint about memory changes no value",
             "memory_format", slot="memory_format"),
    Leniency("memory of the host is what it is: which device it is pinned for changes nothing",
             slot="device|0|1", head="pin_memory"),
    Leniency("batches are made in this process: settings of worker processes change nothing",
             "num_workers > 0|multiprocessing|num_workers option|timeout option",
             slot="multiprocessing_context|prefetch_factor|persistent_workers|timeout"),
    # flags
    Leniency("flags may be 0, 1 and NumPy's bools",
             r"must be bool, not|must be tuple of bools|boolean value|(stable|keepdim|unbiased"
             r"|descending|requires_grad)=|numpy\.bool|nested_tensorlist", bad=_FLAGS,
             slot="keepdim|non_blocking|requires_grad|unbiased|equal_nan|descending|sorted|training"
             "|ceil_mode|accumulate|include_self|sparse_grad|as_tuple|largest|return_inverse|stable"
             "|return_counts|replacement|count_include_pad|copy|is_causal|enable_gqa|log_target"
             "|wrap|force|create_graph|retain_graph|half_to_float|foreach|allow_unused"
             "|materialize_grads"),
    Leniency("flags may be 0, 1 and NumPy's bools", "'requires_grad' .position 1. must be bool",
             bad=_FLAGS, slot="0|1", head="requires_grad_"),
    # operands
    Leniency(_OPERANDS, "must be (Tensor|Number), not|invalid combination of arguments",
             bad=f"{_NUMBERS}|{_ARRAYS}", slot="1|2|3|other",
             head="atan2|arctan2|fmax|fmin|heaviside|hypot|isclose|allclose|logaddexp|logical_"
             "|maximum|minimum|clamp|clip|index_put|lerp|where|copy_|fill_diagonal_|scatter"
             r"|max$|min$|copysign|xlogy|pow|(add|div|divide|mul|multiply|sub|subtract|remainder"
             "|fmod|rsub|eq|ne|le|lt|ge|gt|equal|greater|less)_?$"),
    Leniency(_OPERANDS, r"numpy.ndarray", bad="float array", slot="0|1",
             head=r"result_type|normal|operator\."),
    Leniency(_ONE, r"numpy.ndarray|must be (Number|float|int), not|only supports 0-dimensional"
             "|combination of arguments", bad=_ARRAYS, slot="0|1|2",
             head=r"full|linspace|logspace|arange|randint$"),
    Leniency(_ONE, "must be Number, not tuple|must be Number, not list",
             bad=r"\(-7,\)|list of nan", slot="1", head="fill_diagonal_"),
    Leniency(_ONE, "not a valid number|between 0 and 1 pct_start", bad="number|0",
             slot="a|pct_start"),
    Leniency("written values are array-like",
             "assign a (tuple|list)|got .*(tuple|list)|Tensor, not", slot="1|2|3",
             head="setitem|index_put|scatter|copy_"),
    Leniency("a number beside floats is a float, however many digits it has",
             "int too big to convert|negative int to unsigned|Overflow when unpacking|"
             "int too large|without overflow", bad=r"-?\d+|-2\*\*63 - 1|2\*\*33 twice",
             head="^(?!.*(Byte|Char|Short|Int|Long)Tensor)"),
    Leniency("bounds are not held to the dtype's extremes", "out of bounds for float",
             bad="-?inf", slot="1|2|gain", head="uniform_"),
    # dtypes
    Leniency("defined for this dtype, too", "not implemented for|vml_cpu",
             bad=f"{_ARRAYS}|True|np.bool|0"),
    Leniency("written values are cast, as by NumPy's assignment",
             "same dtype|same scalar type|dtypes match", bad="half|.2, 3. of ints|float array",
             head="index_(add|copy|put)|masked_scatter"),
    Leniency(_DTYPES, "expected dtype|different dtypes|Found dtype|did not match|mixed dtype"
             "|same dtype|have the same|result type Float|either float or double|Integral inputs"
             "|target dtype to be|match query dtype", bad="half|ints|bools|.2, 3. of ints"),
    Leniency(_BOOLS, r"result type Float|with a bool tensor is not supported|Boolean alpha"
             r"|Boolean beta|bool is not supported", bad=r"True|np\.bool"),
    Leniency(_BOOLS, "(Bool|bool) inputs? .*not supported|not support bool|not supported for bool"
             "|[Bb]oolean.* not supported|only applicable to index|argument #1 'indices'",
             bad="bools"),
    Leniency(_BOOLS, r"must be int, not bool|must be tuple of ints, not bool|int, bool|Tensor, bool"
             r"|(int|long), but got bool|numpy\.bool|np\.bool|not a valid number|pct_start",
             bad=r"True|np\.bool"),
    Leniency("Python's own types are dtypes", "invalid type: 'int'|must be torch.dtype, not type"
             "|only accepts floating point", bad="type"),
    Leniency("values are written; the vector's history is not", "data set to a tensor",
             bad="ints|bools", head="vector_to_parameters"),
    # sizes, dimensions and devices
    Leniency(_SEQUENCE, "'tensors' .*must be tuple of Tensors, not Tensor", bad=_ARRAYS),
    Leniency(_SEQUENCE, "must be tuple of ints, not (int|Tensor|bool)",
             bad=r"-?\d+|ints|bools|True", slot="1|2", head="tile|flip|rot90|roll|reshape"),
    Leniency(_SEQUENCE, "must be tuple of ints, not int", bad="(0, 0)".replace("(", r"\(")
             .replace(")", r"\)"), slot="dims", head="tensordot"),
    Leniency(_LEFT_OUT, "NoneType|multiple values for argument|missing 1 required", bad="None"),
    Leniency(_LEFT_OUT, "unexpected keyword argument 'other'|missing 1 required|dim"),
    Leniency("no dimensions named are all of them", "doesn't match the broadcast shape"
             "|combination of arguments", bad=r"\(\)|\[\]", slot="1", head="logsumexp|prod"),
    Leniency("leading dimensions of size 1 broadcast", "broadcast",
             bad=r"\(1, 1, 1, 1\)", head="index_put|binary_cross|scaled_dot_product"),
    Leniency("a source without dimensions counts as a number", "same number of dimensions",
             bad="nan tensor|number", slot="3", head="scatter"),
    Leniency(_ONE, "0-dimensional|1D vector|nested_tensorlist",
             bad=_ARRAYS, head="cartesian_prod"),
    Leniency("a step beyond the end leaves one window, however long it is", "Negative strides",
             bad=r"\d+", slot="3", head="unfold"),
    Leniency("devices are OpenCL's, by number too", "accelerator", bad="0", slot="device|0"),
    Leniency("memory is taken when a value is asked for", "can't allocate memory|no answer in time",
             bad=r"\d{10,}|2\*\*33 twice"),
    Leniency("where there are no gradients there is nothing to clip", "nested_tensorlist",
             slot="0", head="clip_grad_value_"),
    # other libraries' words
    Leniency("PyTorch has no such function", r"(module 'torch|type object 'Tensor).* has no attrib"
             "|'Tensor' object has no attribute"),
    Leniency("older constructors take tensors of other dtypes", "TensorOptions|legacy|torch.Size",
             bad=f"{_ARRAYS}|seven"),
    Leniency("betas may be written as integers", "betas must be", bad=r"\(0, 0\)"),
    Leniency("probabilities inside tensors are looked at on the device, if at all", "p_in >= 0",
             bad="nan tensor", head="bernoulli"),
    Leniency("what batches are drawn from is counted when they are", "num_samples should be|len",
             slot="0", head="RandomSampler"),
    Leniency("the value is defined: no spread is 0", "Expected more than 1 value per",
             bad=r"\(1, 1, 1, 1\)", head="group_norm"),
)  # fmt: skip


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
    words = str(refused).partition("\n")[0]
    return next((row.reason for row in LENIENCIES if row.covers(head, slot, bad, words)), None)
