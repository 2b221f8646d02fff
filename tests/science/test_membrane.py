from dataclasses import replace

import numpy as np
import pytest
from plain_learner import PlainLearner
from scipy import ndimage, stats
from sklearn.metrics import f1_score
from tabular_checks import Case, assert_rounded, assert_same_bytes

from suite.datasets.source import Request
from suite.workloads.entry import Size
from suite.workloads.science.membrane.data import ANNOTATED, make
from suite.workloads.science.membrane.entry import WORKLOADS
from suite.workloads.science.membrane.features import FEATURES, SCALES, at_scale, filters, smoothed
from suite.workloads.science.membrane.micrograph import (
    GOOD,
    NOISY,
    PIXELS,
    SIDE,
    images_of,
    micrograph,
    smooth_noise,
    walls,
)
from suite.workloads.science.membrane.segmentation import best_threshold, cells, f1, rand_f
from suite.workloads.science.membrane.workflow import classify, features_at


def request(dtype="float64", order="C", seed=0, train=2, test=1):
    return Request(
        n_train=train * PIXELS, n_test=test * PIXELS, n_features=1, args={}, dtype=dtype, order=order, seed=seed
    )


# The images.


def test_smooth_noise_has_its_deviation_and_its_length():
    fields = np.stack([smooth_noise(np.random.default_rng(seed), 3.0, 2.0) for seed in range(40)])
    assert fields.std() == pytest.approx(2.0, rel=0.05)
    for lag in (2, 4):  # white noise after a Gaussian filter is correlated as exp(-(lag / (2 length))^2)
        found = np.mean(fields * np.roll(fields, lag, axis=2)) / fields.var()
        assert found == pytest.approx(np.exp(-((lag / 6.0) ** 2)), abs=0.04)


def test_distance_to_walls_grows_as_distances_do(monkeypatch):
    monkeypatch.setattr("suite.workloads.science.membrane.micrograph.WARP", 0.0)
    distance = np.stack([walls(np.random.default_rng(seed)) for seed in range(4)])
    slope = np.hypot(*np.gradient(distance, axis=(1, 2)))[:, 1:-1, 1:-1]
    assert np.median(slope) == pytest.approx(1.0, abs=1e-6)  # |grad d| = 1, but on walls and on ridges between them
    assert np.mean(np.abs(slope - 1.0) < 1e-6) > 0.6
    assert distance.min() >= 0.0
    assert distance.min(axis=(1, 2)).max() < 0.1


def test_membranes_are_closed_walls_around_cells_of_the_named_area():
    masks = [micrograph(np.random.default_rng(seed), GOOD)[1] for seed in range(12)]
    share = np.mean(masks)
    assert 0.2 < share < 0.3
    inner = [np.unique(cells(mask)) for mask in masks]
    # Cells that the border cuts add to those of the area: about half of the perimeter over a cell's diameter.
    assert 14.0 < np.mean([len(names) - 1 for names in inner]) < 45.0
    assert np.mean([ndimage.label(mask, np.ones((3, 3)))[1] for mask in masks]) < 3.0  # one net, but for cut corners


def test_membranes_are_dark_and_organelles_are_no_membrane():
    clean = replace(GOOD, noise=0.0)
    pairs = [micrograph(np.random.default_rng(seed), clean) for seed in range(6)]
    images, masks = (np.stack(part) for part in zip(*pairs, strict=True))
    assert images[masks].mean() < images[~masks].mean() - 0.2
    assert np.mean(images[~masks] < 0.45) > 0.01  # rims, as dark as membranes


@pytest.mark.parametrize("microscope", [GOOD, NOISY])
def test_noise_is_that_of_the_microscope(microscope):
    image = micrograph(np.random.default_rng(0), microscope)[0]
    without = micrograph(np.random.default_rng(0), replace(microscope, noise=0.0))[0]
    noise = (image - without).ravel()
    assert noise.std() == pytest.approx(microscope.noise, rel=0.02)
    assert stats.kstest(noise / microscope.noise, "norm").pvalue > 0.01


# The filters against what is known of them.


@pytest.mark.parametrize("scale", SCALES[1:5])  # below 1, sampled derivatives of a Gaussian are coarse
def test_filters_of_a_gaussian_bump_are_known(scale):
    width = 4.0
    y, x = np.indices((65, 65)) - 32.0
    bump = np.exp(-(x**2 + y**2) / (2.0 * width**2))
    wide = width**2 + scale**2
    expected = width**2 / wide * np.exp(-(x**2 + y**2) / (2.0 * wide))
    mean, laplacian, gradient, larger, smaller = at_scale(bump, scale)
    radius2 = x**2 + y**2
    np.testing.assert_allclose(mean, expected, atol=2e-3)
    np.testing.assert_allclose(laplacian, expected * (radius2 / wide - 2.0) / wide, atol=5e-3)
    np.testing.assert_allclose(gradient, expected * np.sqrt(radius2) / wide, atol=3e-3)
    radial, around = expected * (radius2 / wide - 1.0) / wide, -expected / wide
    np.testing.assert_allclose(larger, np.maximum(radial, around), atol=4e-3)
    np.testing.assert_allclose(smaller, np.minimum(radial, around), atol=4e-3)


def test_filters_do_not_depend_on_the_orientation():
    image = micrograph(np.random.default_rng(0), GOOD)[0]
    found = filters(image)
    assert found.shape == (SIDE, SIDE, FEATURES)
    np.testing.assert_array_equal(found[..., 0], image)
    np.testing.assert_allclose(filters(image.T), found.swapaxes(0, 1), atol=1e-12)
    np.testing.assert_allclose(filters(image[::-1]), found[::-1], atol=1e-12)


def test_features_of_some_pixels_are_those_of_their_images():
    data = dict(make(request(train=3)))
    rows = np.array([5, 77, 16_383, 2 * PIXELS, 2 * PIXELS + 9])  # none of the second image
    every = np.concatenate([filters(image).reshape(-1, FEATURES) for image in images_of(data["X_train"])])
    np.testing.assert_array_equal(features_at(data["X_train"], rows), every[rows])


# Scores.


def test_f1_is_scikit_learns():
    rng = np.random.default_rng(0)
    truth, found = rng.integers(0, 2, 500), rng.integers(0, 2, 500)
    assert f1(truth, found) == pytest.approx(f1_score(truth, found))
    assert f1(truth, np.zeros(500)) == 0.0


def test_rand_score_counts_pairs_of_pixels():
    truth = np.array([[1, 1, 1, 0, 2, 2, 2, 2]])
    assert rand_f(truth, truth) == pytest.approx(1.0)
    assert rand_f(truth, np.array([[5, 5, 5, 5, 3, 3, 3, 3]])) == pytest.approx(1.0)
    merged = np.ones_like(truth)
    assert rand_f(truth, merged) == pytest.approx(2 * (9 + 16) / (9 + 16 + 49))
    split = np.array([[1, 1, 1, 0, 2, 2, 3, 3]])
    assert rand_f(truth, split) == pytest.approx(2 * (9 + 8) / (25 + 17))


def test_a_hole_in_a_wall_merges_two_cells():
    membrane = np.zeros((20, 21), np.int8)
    membrane[:, 10] = 1
    holed = membrane.copy()
    holed[7, 10] = 0
    assert f1(membrane, holed) > 0.97
    assert rand_f(cells(membrane), cells(holed)) == pytest.approx(2.0 / 3.0, abs=0.01)


# The data.


def test_same_request_same_bytes_and_float32_is_rounded():
    first = dict(make(request()))
    assert_same_bytes(first, dict(make(request())))
    assert_rounded(dict(make(request(dtype="float32", order="F"))), first)
    assert not np.array_equal(dict(make(request(seed=1)))["y_train"], first["y_train"])


def test_no_image_is_in_two_parts():
    data = dict(make(request(train=4, test=3)))
    images = np.concatenate([images_of(data[f"X_{part}"]) for part in ("train", "test", "far")])
    masks = np.concatenate([images_of(data[f"y_{part}"]) for part in ("train", "test", "far")])
    flat = images.reshape(len(images), -1)
    alike = np.corrcoef(flat) - np.eye(len(images))
    assert np.abs(alike).max() < 0.2
    assert len(np.unique(masks.reshape(len(masks), -1), axis=0)) == 10


def test_annotated_are_rising_rows_of_each_training_image():
    rows = dict(make(request(train=3)))["annotated"]
    assert (np.diff(rows) > 0).all()
    assert np.bincount(rows // PIXELS).tolist() == [ANNOTATED] * 3


def test_parts_of_images_are_refused():
    with pytest.raises(ValueError, match=f"{PIXELS} pixels"):
        next(make(replace(request(), n_train=1000)))


# The workflow.


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return Case(
        "membrane", "forest", tmp_path_factory.mktemp("cache"), dtype="float32", n_train=4 * PIXELS, n_test=2 * PIXELS
    )


def by_threshold(data):
    level = best_threshold(smoothed(images_of(data["X_train"])).ravel(), data["y_train"])
    return smoothed(images_of(data["X_test"])).ravel() < level


def test_quality_and_the_threshold_is_beaten(case):
    found = case.judge(case.results)["membrane_f1"]
    base = case.judge({"membrane": by_threshold(case.data)})["membrane_f1"]
    assert 0.80 < found < 0.88
    assert 0.75 < base < found - 0.015


def test_metric_falls_when_shuffled_or_with_a_tenth_of_the_pixels(case):
    found = case.judge(case.results)["membrane_f1"]
    shuffled = np.random.default_rng(0).permutation(case.results["membrane"])
    assert case.judge({"membrane": shuffled})["membrane_f1"] < 0.4
    few = case.run(annotated=case.data["annotated"][::10])
    assert case.judge(few)["membrane_f1"] < found - case.workload.quality.tolerance


def test_batches_do_not_change_the_result(case, monkeypatch):
    rows = case.data["annotated"][::10]
    model = PlainLearner(case.workload).fit(features_at(case.data["X_train"], rows), case.data["y_train"][rows])
    whole = classify(model, case.data["X_test"])
    monkeypatch.setattr("suite.workloads.science.membrane.workflow.BATCH", 1)
    np.testing.assert_array_equal(classify(model, case.data["X_test"]), whole)


def test_findings(case):
    figures = case.figures
    found = case.judge(case.results)["membrane_f1"]
    assert figures["error_in"] == pytest.approx(1.0 - found)  # all held-out images are among the first 16
    assert figures["error_out"] > figures["error_in"] + 0.03
    assert figures["baseline"] == pytest.approx(case.judge({"membrane": by_threshold(case.data)})["membrane_f1"])
    assert figures["gain"] == pytest.approx(found - figures["baseline"])
    assert figures["with_a_tenth"] < found
    assert 0 < figures["calibration_error"] < 0.1
    assert figures["other_precision"] == pytest.approx(found, abs=0.005)
    assert figures["cells"] > figures["cells_threshold"]
    assert [len(picture.values) for picture in case.found.pictures] == [96 * 96] * 4


def test_entries():
    for workload in WORKLOADS:
        assert set(workload.data) == set(Size)
        for spec in workload.data.values():
            assert spec.n_train % PIXELS == spec.n_test % PIXELS == 0
    pixels = [spec.n_train + spec.n_test for spec in WORKLOADS[0].data.values()]
    np.testing.assert_allclose(pixels, [150e3, 1e6, 10e6, 100e6], rtol=0.05)
