"""Files: what was saved comes back, and nothing else gets in."""

import io
import json
import os
import pickle
import struct

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import nn, optim

DTYPES = [
    lg.bool, lg.uint8, lg.int8, lg.uint16, lg.int16, lg.uint32, lg.int32, lg.uint64, lg.int64,
    lg.float16, lg.bfloat16, lg.float32, lg.float64,
]  # fmt: skip


def test_tensors_of_every_dtype_come_back(tmp_path):
    given = {str(d): lg.tensor([[0, 1, 2], [3, 1, 7]]).to(d) for d in DTYPES}
    given["none"] = lg.zeros(0, 3)
    given["number"] = lg.tensor(2.5)
    given["view"] = lg.arange(12).reshape(3, 4).T[1:]
    lg.save_file(given, tmp_path / "x.safetensors", {"epoch": "3"})
    found = lg.load_file(tmp_path / "x.safetensors")
    assert set(found) == set(given)
    for name, expected in given.items():
        assert found[name].dtype is expected.dtype and found[name].shape == expected.shape
        assert found[name].tolist() == expected.tolist()


def test_the_file_is_what_safetensors_reads(tmp_path):
    numpy = pytest.importorskip("safetensors.numpy")
    lg.save_file({"a": lg.arange(6.0).view(2, 3)}, tmp_path / "x.safetensors")
    np.testing.assert_array_equal(
        numpy.load_file(tmp_path / "x.safetensors")["a"], np.arange(6.0).reshape(2, 3)
    )
    numpy.save_file({"b": np.arange(3, dtype=np.int32)}, tmp_path / "y.safetensors")
    assert lg.load_file(tmp_path / "y.safetensors")["b"].tolist() == [0, 1, 2]
    assert lg.load(tmp_path / "y.safetensors")["b"].tolist() == [0, 1, 2]


def trained():
    lg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.01)
    return model, optimizer


def step(model, optimizer):
    x = lg.linspace(-1, 1, 24).view(8, 3)
    optimizer.zero_grad()
    loss = (model(x) ** 2).mean()
    loss.backward()
    optimizer.step()
    return loss.item()


def test_training_goes_on_where_a_checkpoint_was_made(tmp_path):
    model, optimizer = trained()
    for _ in range(3):
        step(model, optimizer)
    lg.save(
        {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 3},
        tmp_path / "checkpoint",
    )
    expected = [step(model, optimizer) for _ in range(3)]
    again, its_optimizer = trained()
    checkpoint = lg.load(tmp_path / "checkpoint")
    assert checkpoint["epoch"] == 3
    again.load_state_dict(checkpoint["model"])
    its_optimizer.load_state_dict(checkpoint["optimizer"])
    assert [step(again, its_optimizer) for _ in range(3)] == expected


def test_containers_come_back_as_they_were():
    shared = lg.ones(2, requires_grad=True)
    given = {"a": [1, 2.5, None, True, "text"], 3: (shared, {"again": shared}), "inf": float("inf")}
    file = io.BytesIO()
    lg.save(given, file)
    file.seek(0)
    found = lg.load(file)
    assert found["a"] == given["a"] and found["inf"] == float("inf")
    assert isinstance(found[3], tuple) and found[3][0] is found[3][1]["again"]
    assert found[3][0].requires_grad and found[3][0].tolist() == [1, 1]


def test_what_cannot_be_saved_is_named(tmp_path):
    with pytest.raises(TypeError, match=r"save: obj\['model'\] is of type Linear.*state_dict\(\)"):
        lg.save({"model": nn.Linear(1, 1)}, tmp_path / "x")
    with pytest.raises(TypeError, match="save_file: got 'a': ndarray, expected a tensor"):
        lg.save_file({"a": np.zeros(2)}, tmp_path / "x")
    with pytest.raises(TypeError, match="must be dict, not Tensor"):
        lg.save_file(lg.ones(2), tmp_path / "x")
    assert os.listdir(tmp_path) == []


def test_a_failed_save_leaves_the_old_file(tmp_path):
    path = tmp_path / "x"
    lg.save({"a": lg.ones(2)}, path)
    with pytest.raises(TypeError):
        lg.save({"a": object()}, path)
    assert lg.load(path)["a"].tolist() == [1, 1] and os.listdir(tmp_path) == ["x"]


def _header(**tensors):
    text = json.dumps(tensors).encode()
    return struct.pack("<Q", len(text)) + text


BAD_FILES = {
    "empty": b"",
    "text": b"no tensors at all, but some text",
    "too long a header": struct.pack("<Q", 1 << 60) + b"{}",
    "no json": struct.pack("<Q", 4) + b"{{{{",
    "negative shape": _header(a={"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}) + b"0000",
    "beyond the end": _header(a={"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}),
    "sizes differ": _header(a={"dtype": "F32", "shape": [9], "data_offsets": [0, 4]}) + b"0000",
    "pickle": pickle.dumps([1, 2]),
}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_refused(kind, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(BAD_FILES[kind])
    with pytest.raises(ValueError, match=r"load_file: .* is no complete safetensors file|torch"):
        lg.load_file(path)


def test_files_of_pytorch_are_told_apart(tmp_path):
    path = tmp_path / "model.pt"
    path.write_bytes(b"PK\x03\x04" + b"\0" * 60)
    with pytest.raises(ValueError, match=r"torch\.save.*safetensors\.torch\.save_file"):
        lg.load(path)
    with pytest.raises(FileNotFoundError):
        lg.load_file(tmp_path / "absent")


def test_files_that_cannot_be_read_or_written_are_named(tmp_path):
    missing = tmp_path / "none" / "a.safetensors"
    for name, call in (
        ("load", lambda: lg.load(missing)),
        ("load_file", lambda: lg.load_file(missing)),
        ("save", lambda: lg.save({"a": lg.ones(1)}, missing)),
        ("save_file", lambda: lg.save_file({"a": lg.ones(1)}, missing)),
    ):
        with pytest.raises(FileNotFoundError, match=rf"{name}: .*; expected a file .* got") as told:
            call()
        assert told.value.filename == str(missing)
