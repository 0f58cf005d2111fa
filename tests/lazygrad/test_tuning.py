"""Schedules: every legal one computes the same, those that tuning finds are kept and used."""

import json
import random

import numpy as np
import pytest

import lazygrad as lg
from lazygrad import schedules
from lazygrad.codegen.choice import Choice
from lazygrad.fuzz.forced import random_schedules
from lazygrad.fuzz.generate import draw
from lazygrad.fuzz.run import run
from lazygrad.tuning_database import Database, Entry, _digest, database_of
from lazygrad.tuning_search import timed


def values(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


def results():
    """Products, convolutions, sums along and across rows, edges: vectors and rests of them."""
    x, y = lg.tensor(values(37, 150)), lg.tensor(values(150, 83))
    image, weight = lg.tensor(values(2, 5, 19, 23)), lg.tensor(values(7, 5, 3, 3))
    return {
        "product": lg.tanh(x @ y + 1),
        "transposed": x.mT @ x,
        "convolution": lg.nn.functional.conv2d(image, weight, padding=1),
        "softmax": lg.softmax(x, 1),
        "columns": lg.softmax(x, 0),
        "middle": image.sum((0, 2)),
        "middle max": image.amax(1),
        "padded": lg.nn.functional.pad(image * 2, (1, 3, 2, 0)),
        "half": (x.half() * 2).sum(1),
        "places": x.argmax(1),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_every_legal_schedule_gives_the_same_values(device, seed):
    expected = {name: t.numpy() for name, t in results().items()}
    with schedules.using(random_schedules(seed)):
        found = {name: t.numpy() for name, t in results().items()}
    for name, value in expected.items():
        tolerance = 2e-3 if name == "half" else 2e-5
        np.testing.assert_allclose(found[name], value, tolerance, 2e-5, err_msg=name)


def test_random_programs_in_random_schedules_mean_what_numpy_does(device):
    with schedules.using(random_schedules(3)):
        tally = run([draw(seed) for seed in range(900, 912)], device)
    assert not tally.failures, tally.failures[0].what


def test_schedules_that_are_forced_change_the_kernels(device):
    x = lg.tensor(values(64, 200)) @ lg.tensor(values(200, 96))
    plain = lg.kernels(x)[0].source
    texts = set()
    for seed in range(6):
        with schedules.using(random_schedules(seed)):
            texts.add(lg.kernels(x)[0].source)
    assert texts != {plain} and len(texts) > 1


@pytest.fixture
def database(device, tmp_path, monkeypatch):
    """The device's, in a folder of its own."""
    monkeypatch.setenv("LAZYGRAD_CACHE", str(tmp_path))
    monkeypatch.setattr("lazygrad.tuning_database._known", {})
    return database_of(device)


def product():
    return lg.tensor(values(40, 64)) @ lg.tensor(values(64, 48))


def test_tuning_finds_keeps_and_uses_schedules(device, database, monkeypatch, capsys):
    monkeypatch.setattr("lazygrad.tuning_search.MOST_TIMED", 3)
    before = product()
    plain = before.numpy()
    found = lg.tune(product)
    assert [t.kernel for t in found] == ["contract_40x48_f32"]
    assert 0 < found[0].seconds <= found[0].model_seconds
    assert lg.tuning.tuned() == found and lg.tune(product) == []
    assert Database(device).entries == database.entries
    np.testing.assert_allclose(product().numpy(), plain, 2e-5, 2e-5)
    lg.tuning.clear()
    assert lg.tuning.tuned() == [] and not database.path.exists()


def keyed():
    """The key of the product's kernel and its legal schedules."""
    seen = {}

    def choose(device, kernels):
        seen.update({k.key: k.choices for k in kernels})
        return {}

    with schedules.using(schedules.Policy(object(), choose)):
        product().numpy()
    [(key, choices)] = seen.items()
    return key, choices


def test_plans_follow_the_database(device, database):
    key, choices = keyed()
    sources = set()
    for choice in random.Random(0).sample(choices, 4):
        database.add({key: Entry("product", choice, 1e-3, 1e-3)})
        info = lg.kernels(product())[0]
        np.testing.assert_allclose(product().numpy(), values(40, 64) @ values(64, 48), 1e-4, 1e-4)
        sources.add(info.source)
    assert len(sources) > 1


@pytest.mark.parametrize(
    "schedule", [{"tile": 10**6}, {"colour": 3}, {}, {"tile": 1, "vectors": "many"}]
)
def test_a_schedule_that_is_not_legal_is_left_out(device, database, schedule):
    key, _ = keyed()
    database.add({key: Entry("product", Choice.of(schedule), 1e-3, 1e-3)})
    with pytest.warns(RuntimeWarning, match="expected one that is legal"):
        found = product().numpy()
    np.testing.assert_allclose(found, values(40, 64) @ values(64, 48), 1e-4, 1e-4)


@pytest.mark.parametrize(
    "damage", ["", "{", "[1, 2]", '{"format": 3}', "byte", "foreign", "row", "for"]
)
def test_damaged_and_foreign_files(device, database, damage, tmp_path):
    database.add({"0" * 32: Entry("some", Choice.of({"a": 1}), 1e-3, 1e-3)})
    text = database.path.read_text()
    if damage == "byte":
        text = text.replace('"a": 1', '"a": 2')
    elif damage == "foreign":
        text = lg_file(text, lambda told: told["for"].update(device="another"))
    elif damage == "row":
        text = lg_file(text, lambda told: told["kernels"]["0" * 32].pop("seconds"))
    elif damage == "for":
        text = lg_file(text, lambda told: told.update({"for": []}))
    else:
        text = damage
    database.path.write_text(text)
    with pytest.raises(ValueError, match=r"tuning\.load: .* (damaged|is for|has an entry)"):
        lg.tuning.load(database.path)
    with pytest.warns(RuntimeWarning, match="it is not used"):
        assert Database(device).entries == {}


def lg_file(text, change):
    """A whole file of other content."""
    told = json.loads(text)
    del told["sha256"]
    change(told)
    return json.dumps({**told, "sha256": _digest(told)})


def test_export_and_load(device, database, tmp_path):
    database.add({"0" * 32: Entry("some", Choice.of({"a": 1, "b": "copy"}), 1e-3, 2e-3)})
    entries = dict(database.entries)
    assert lg.tuning.export(tmp_path / "kept.json") == 1
    lg.tuning.clear()
    assert lg.tuning.load(tmp_path / "kept.json") == 1
    assert database_of(device).entries == entries
    with pytest.raises(FileNotFoundError):
        lg.tuning.load(tmp_path / "nothing.json")


def test_a_candidate_that_kills_its_process_is_told_from_the_others(device, monkeypatch):
    kernels = []

    def choose(device, found):
        kernels.extend(found)
        return {}

    def measured(trials, seconds):
        names = [c.name for c in trials.candidates]
        return None if "candidate_3" in names else [1.0] * len(names)

    with schedules.using(schedules.Policy(object(), choose)):
        product().numpy()
    monkeypatch.setattr("lazygrad.runtime.measure_isolated", measured)
    found = timed(kernels[0], kernels[0].choices[:8], device)
    assert [t.seconds for t in found].count(float("inf")) == 1


def test_tune_wants_a_function(device):
    with pytest.raises(TypeError, match="tune"):
        lg.tune(3)
