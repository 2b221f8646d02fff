import re
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from backends.algorithms import ALGORITHMS, ELSEWHERE
from suite.datasets import prepare, source_of
from suite.datasets.providers.files import SET_BY_WORKLOAD
from suite.errors import UsageError
from suite.quality.metrics import METRICS
from suite.workloads.custom import KEYS, UNDOCUMENTED, load
from suite.workloads.entry import Direction, Size, Task

TEXT = """# mine
[[workload]]
name = "my_svc"
algorithm = "SVC"
params = { C = 10.0, kernel = "rbf" }

[workload.data]
generator = "classification"
n_features = 20
n_classes = 3
n_test = 500

[workload.sizes]
S = { n_train = 1000 }
M = { n_train = 4000, n_classes = 4 }

[workload.quality]
metric = "accuracy"
tolerance = 0.005

[[workload]]
name = "my_kmeans"
algorithm = "KMeans"
params = { n_clusters = 3, init = "$centers", n_init = 1 }
data = { bundled = "iris", init_centers = 3 }
quality = { metric = "adjusted_rand", tolerance = 0.01 }

[[workload]]
name = "from_file"
algorithm = "RandomForestClassifier"
about = "My own data."
params = { n_estimators = 10, random_state = "$seed" }
data = { file = "sub/d.npy", target = -1, test_share = 0.3 }
quality = { metric = "f1_macro", direction = "higher", tolerance = 2, relative = true, origin = "a guess" }

[[workload.checks]]
metric = "balanced_accuracy"
tolerance = 0.02
"""


@pytest.fixture
def folder(tmp_path):
    rng = np.random.default_rng(0)
    (tmp_path / "sub").mkdir()
    X = rng.standard_normal((60, 3))
    X[:, 2] = X[:, 0] > 0
    np.save(tmp_path / "sub" / "d.npy", X)
    return tmp_path


def read(folder, text):
    path = folder / "my.toml"
    path.write_text(text)
    return load(path)


def test_a_file_of_workloads_is_read(folder):
    svc, kmeans, own = read(folder, TEXT)
    assert (svc.name, svc.algorithm, svc.task, svc.output) == ("my_svc", "SVC", Task.CLASSIFICATION, "predict")
    assert [(size, spec.n_train, spec.n_test, spec.n_features) for size, spec in svc.data.items()] == [
        (Size.S, 1000, 500, 20),
        (Size.M, 4000, 500, 20),
    ]
    assert [spec.args["n_classes"] for spec in svc.data.values()] == [3, 4]
    assert (svc.quality.metric, svc.quality.direction, svc.quality.tolerance) == ("accuracy", Direction.HIGHER, 0.005)
    assert kmeans.params["init"] == "$centers"
    assert own.stochastic
    assert own.about == "My own data."
    assert own.quality.relative
    assert own.quality.origin == "a guess"
    assert [(check.metric, check.tolerance, check.relative) for check in own.checks] == [
        ("balanced_accuracy", 0.02, False)
    ]
    assert svc.checks == ()


def test_the_data_of_a_file_are_found_beside_it(folder, tmp_path):
    *_, own = read(folder, TEXT)
    data = prepare(own.data[Size.S], dtype="float32", order="C", seed=0, cache=tmp_path / "cache")
    assert (data.n_samples, data.n_features, data.n_classes) == (42, 2, 2)
    assert data.origin == "the file d.npy"


WRONG = [
    ("C = 10.0", "gama = 1", 5, "SVC has no key 'gama'; did you mean 'gamma'?"),
    ("C = 10.0", "C = -1", 5, "'C' parameter of SVC must be a float in the range"),
    ("C = 10.0", "C = 2020-01-01", 5, "C cannot be the date or time 2020-01-01"),
    ("C = 10.0", "C = { a = 1 }", 5, "C cannot be a table"),
    ("C = 10.0", "C = inf", 5, "C must be finite"),
    ("C = 10.0", 'C = "$seed"', 5, "$seed is for random_state, not for C"),
    ("C = 10.0", "n_jobs = 2", 5, "use --threads"),
    ("C = 10.0", 'gamma = "$truth"', 5, "only $seed and $centers stand for something else"),
    ("n_features = 20", "n_featurs = 20", 9, "no argument 'n_featurs'; did you mean 'n_features'?"),
    ("n_features = 20", "n_features = 5", 7, "n_informative (10) + n_redundant (0) exceeds n_features (5)"),
    ("n_classes = 4", "n_clases = 4", 15, "no argument 'n_clases'; did you mean 'n_classes'?"),
    ("n_classes = 4", "n_classes = 1", 15, "n_classes must be between 2 and 10000, not 1"),
    ("n_classes = 4", "n_classes = 2.5", 15, "n_classes must be an integer, not 2.5"),
    ('"SVC"', '"SVCC"', 4, "no algorithm 'SVCC'; did you mean 'SVC'?"),
    ('algorithm = "SVC"', "", 2, "algorithm is missing"),
    ('"accuracy"', '"acuracy"', 18, "no metric 'acuracy' for classification; did you mean 'accuracy'?"),
    ('"f1_macro"', '"r2"', 34, "no metric 'r2' for classification"),
    ("tolerance = 0.005", 'tolerance = "x"', 19, "tolerance must be a number of at least 0, not 'x'"),
    ("tolerance = 0.005", "tolerance = nan", 19, "tolerance must be a number"),
    ("tolerance = 0.005", f"tolerance = 1{'0' * 400}", 19, "tolerance must be a number"),
    ("n_classes = 4", f"n_classes = 4, separation = 1{'0' * 400}", 15, "separation must be"),
    ("n_classes = 4", "n_classes = 4, separation = inf", 15, "separation must be at least 0, and finite"),
    ("tolerance = 0.005", "tolerance = true", 19, "tolerance must be a number of at least 0, not true"),
    ("tolerance = 0.005", "", 17, "tolerance is missing"),
    ("relative = true", "relative = 1", 34, "relative must be true or false, not 1"),
    ('direction = "higher"', 'direction = "lower"', 34, "direction of f1_macro is 'higher', not 'lower'"),
    ('"iris"', '"irsi"', 25, "no bundled 'irsi'; did you mean 'iris'?"),
    ('"iris"', '"diabetes"', 26, "adjusted_rand needs data with known classes or clusters"),
    ('"iris"', '"iris", generator = "blobs"', 25, "data needs one of generator, bundled and file"),
    ('generator = "classification"', 'generator = "regression"', 8, "regression has no target for classification"),
    ("init_centers = 3", "init_centers = 4", 24, "init = '$centers' needs init_centers = 3 in data"),
    ('"$seed"', '"$sead"', 32, "only $seed and $centers"),
    ("sub/d.npy", "sub/e.npy", 33, "e.npy; did you mean 'd.npy'?"),
    ("sub/d.npy", "sub", 33, "is a folder"),
    ("sub/d.npy", "/dev/null", 33, "is no regular file"),
    ("sub/d.npy", "~nobody_here/d.npy", 33, "there is no user whose home folder ~nobody_here is"),
    ("sub/d.npy", "sub\\u0000.npy", 33, "not a path"),
    ("sub/d.npy", "my.toml", 33, "cannot read .toml; use .npy, .npz, .csv, .parquet, .arrow"),
    ("S = {", "s = {", 14, "sizes has no key 's'"),
    ("n_train = 1000", "n_train = -1", 14, "n_train must be an integer of at least 0, not -1"),
    ("n_train = 1000", "n_train = 0", 14, "needs n_train of at least 1, not 0"),
    ("n_test = 500", "", 7, "n_test must be above 0"),
    ("test_share = 0.3", "test_share = 0", 33, "test_share must be above 0"),
    ("[[workload]]", "[[wokload]]", 2, "no key 'wokload'; did you mean 'workload'?"),
    ("# mine", "workload = 3", 1, "needs tables headed [[workload]]"),
    ('algorithm = "KMeans"', 'algorithm = "GaussianMixture"', 26, "which has no labels_"),
    ('algorithm = "KMeans"', "algorithm = 3", 23, "algorithm must be a text, not 3"),
    ('"my_kmeans"', '"my_svc"', 22, "there are two workloads named 'my_svc'"),
    ('"my_svc"', '"a/b"', 3, "name must consist of letters"),
    ('"balanced_accuracy"', '"f1_macro"', 37, "f1_macro is judged already"),
    ('"balanced_accuracy"', '"balanced_acuracy"', 37, "did you mean 'balanced_accuracy'?"),
    ("tolerance = 0.02", "tolerances = 0.02", 38, "quality has no key 'tolerances'; did you mean 'tolerance'?"),
    ("[[workload.checks]]", "[workload.checks]", 36, "checks must be tables, each headed [[workload.checks]]"),
    ("target = -1", 'targett = "y"', 33, "no argument 'targett'; did you mean 'target'?"),
    ("target = -1", "split = 'random'", 33, "classification needs a target"),
    ("test_share = 0.3", 'columns = "a"', 33, "columns must be a list of texts, not 'a'"),
    ("test_share = 0.3", "columns = [0, 0]", 33, "columns has '0' twice"),
    ("test_share = 0.3", "columns = [0], drop = [1]", 33, "give columns (what is kept) or drop (what is left out)"),
    ("test_share = 0.3", 'split = "group"', 33, "split must be one of auto, random, stratified, grouped, ordered"),
    ("test_share = 0.3", 'split = "grouped"', 33, "split = 'grouped' needs group"),
    ("test_share = 0.3", 'group = "a"', 33, "group is for split = 'grouped', not for 'auto'"),
    ("test_share = 0.3", 'test_file = "sub/e.npy"', 33, "e.npy; did you mean 'd.npy'?"),
    ("test_share = 0.3", 'test_file = "e.csv"', 33, "test_file must be of the same format as d.npy"),
    ("test_share = 0.3", "sparse = true", 33, "sparse is for .svm, .svmlight, .libsvm files, not for .npy"),
    ("test_share = 0.3", "least_rows = 3", 33, "least_rows cannot be given: it follows from the workload"),
    ("n_clusters = 3,", "n_clusters = 300,", 24, "init = '$centers' needs init_centers = 300"),
    ("n_train = 1000", "n_train = 1", 14, "SVC needs 2 training rows, and there are 1"),
    ('about = "My own data."', 'abuot = "x"', 31, "a workload has no key 'abuot'; did you mean 'about'?"),
]


@pytest.mark.parametrize(("old", "new", "line", "message"), WRONG)
def test_what_is_not_understood_is_one_line_with_its_place(folder, old, new, line, message):
    text = TEXT.replace("[[workload]]", "[[wokload]]") if new == "[[wokload]]" else TEXT.replace(old, new, 1)
    if new == "workload = 3":
        text = new
    assert text != TEXT
    with pytest.raises(UsageError) as caught:
        read(folder, text)
    assert str(caught.value).startswith(f"{folder / 'my.toml'}:{line}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def simplest(algorithm, metric, params=""):
    """Return a workload file that judges an algorithm by a metric."""
    task = ALGORITHMS[algorithm].task
    data = "classification"
    if task == "regression":
        data = "regression"
    elif algorithm in ("MultinomialNB", "NMF"):
        data = "counts"
    needs_output = 10 if ALGORITHMS[algorithm].output else 0
    return (
        f'[[workload]]\nname = "w"\nalgorithm = "{algorithm}"\nparams = {{ {params} }}\n'
        f'data = {{ generator = "{data}", n_train = 100, n_test = {needs_output}, n_features = 40 }}\n'
        f'quality = {{ metric = "{metric}", tolerance = 0.1 }}\n'
    )


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_has_a_metric(algorithm, folder):
    if algorithm in ELSEWHERE and find_spec(ELSEWHERE[algorithm]) is None:
        pytest.skip(f"{ELSEWHERE[algorithm]} is not installed")
    refused = []
    for name, metric in METRICS.items():
        if ALGORITHMS[algorithm].task in metric.tasks:
            try:
                [workload] = read(folder, simplest(algorithm, name))
            except UsageError as error:
                refused.append(str(error))
            else:
                assert workload.quality.metric == name
                return
    pytest.fail("\n".join(refused))


@pytest.mark.skipif(find_spec("umap") is None, reason="umap-learn is not installed")
def test_what_umap_leaves_is_what_is_said_of_it(folder):
    from umap import UMAP

    X = np.random.default_rng(0).standard_normal((60, 4))
    fitted = UMAP(n_neighbors=5, n_epochs=5, init="random").fit(X)
    assert all(hasattr(fitted, name) for name in UNDOCUMENTED["UMAP"])
    [workload] = read(folder, simplest("UMAP", "trustworthiness", 'n_neighbors = 5, random_state = "$seed"'))
    assert (workload.output, workload.stochastic) == ("", True)
    with pytest.raises(
        UsageError, match=r"my.toml:6: reconstruction_error cannot judge UMAP, which has no components_"
    ):
        read(folder, simplest("UMAP", "reconstruction_error"))
    with pytest.raises(UsageError, match=r"my.toml:4: UMAP has no key 'n_neighbours'; did you mean 'n_neighbors'?"):
        read(folder, simplest("UMAP", "trustworthiness", "n_neighbours = 5"))


def test_components_that_are_training_rows_lead_nowhere(folder):
    assert read(folder, simplest("Nystroem", "distance_error"))[0].quality.metric == "distance_error"
    with pytest.raises(UsageError, match=r"my.toml:6: energy_lost cannot judge Nystroem, which has no components_"):
        read(folder, simplest("Nystroem", "energy_lost"))


def test_an_algorithm_of_a_package_that_is_not_installed_is_one_line(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "umap", None)
    with pytest.raises(UsageError, match=r"my.toml:3: UMAP needs another package: pip install '\.\[umap\]'"):
        read(folder, simplest("UMAP", "trustworthiness"))


TIMED = '[[workload]]\nname = "a"\nalgorithm = "Ridge"\n{}quality = {{ metric = "r2", tolerance = 0.1 }}\n'
ONE = 'data = { generator = "regression", n_train = 100, n_test = 10, n_features = 20 }\n'
TWO = ONE + "sizes.S = { n_train = 100 }\nsizes.M = { n_train = 1000 }\n"


def test_the_expected_time_may_be_stated_by_size(folder):
    for stated, found in (
        (ONE, {}),
        (ONE + "expected_s = 12\n", {Size.S: 12.0}),
        (TWO + "expected_s = { S = 0.2, M = 30 }\n", {Size.S: 0.2, Size.M: 30.0}),
        (TWO + "expected_s.M = 30\n", {Size.M: 30.0}),
    ):
        assert read(folder, TIMED.format(stated))[0].fit_s == found


@pytest.mark.parametrize(
    ("stated", "line", "message"),
    [
        (ONE + "expected_s = 0\n", 5, "expected_s must be above 0"),
        (ONE + 'expected_s = "1m"\n', 5, "expected_s must be a number of at least 0, not '1m'"),
        (TWO + "expected_s = 5\n", 7, "expected_s must say of which size: expected_s = { S = ..., M = ... }"),
        (TWO + "expected_s.L = 5\n", 7, "expected_s has no key 'L'"),
        (TWO + "expected_s = { S = 1, M = -1 }\n", 7, "M must be a number of at least 0, not -1"),
    ],
)
def test_an_expected_time_that_is_not_understood_is_one_line_with_its_place(folder, stated, line, message):
    with pytest.raises(UsageError) as caught:
        read(folder, TIMED.format(stated))
    assert str(caught.value).startswith(f"{folder / 'my.toml'}:{line}: {message}")


def test_files_that_are_no_workload_files_are_one_line(folder):
    with pytest.raises(UsageError, match=r"not valid TOML: .*line 2"):
        read(folder, 'a = 1\nb = "\n')
    with pytest.raises(UsageError, match="not valid TOML"):
        read(folder, "a = " + "[" * 5000)
    with pytest.raises(UsageError, match="needs tables headed"):
        read(folder, "")
    (folder / "latin.toml").write_bytes('a = "é"'.encode("latin-1"))
    with pytest.raises(UsageError, match="not UTF-8 text"):
        load(folder / "latin.toml")
    with pytest.raises(UsageError, match="No such file"):
        load(folder / "missing.toml")
    with pytest.raises(UsageError, match="Is a directory"):
        load(folder)


def test_fewer_known_rows_than_neighbours_is_refused_before_anything_is_read(folder):
    with pytest.raises(UsageError, match=r"my.toml:4: KNeighborsClassifier with n_neighbors = 500 needs 500 training"):
        read(
            folder,
            '[[workload]]\nname = "a"\nalgorithm = "KNeighborsClassifier"\ndata = { bundled = "iris", n_train = 100 }\n'
            'params = { n_neighbors = 500 }\nquality = { metric = "accuracy", tolerance = 0.1 }\n',
        )


def test_what_a_workload_needs_of_a_file_is_found_by_itself(folder):
    [own] = read(
        folder,
        '[[workload]]\nname = "a"\nalgorithm = "MultinomialNB"\n'
        'data = { file = "sub/d.npy", target = 2, columns = [0, 1] }\n'
        'quality = { metric = "accuracy", tolerance = 0.1 }\n',
    )
    args = own.data[Size.S].args
    assert (args["needed_by"], args["least_rows"], args["non_negative"]) == ("MultinomialNB", 2, "features")
    assert (args["target"], args["columns"]) == ("2", ["0", "1"])
    with pytest.raises(UsageError, match=r"d.npy: column '\d' has -\d.*, but MultinomialNB needs values from 0 on"):
        prepare(own.data[Size.S], dtype="float64", order="C", seed=0, cache=folder / "cache")


def test_negative_features_by_standardising_are_refused(folder):
    with pytest.raises(UsageError, match=r"my.toml:4: MultinomialNB needs features of at least 0: set standardize"):
        read(
            folder,
            '[[workload]]\nname = "a"\nalgorithm = "MultinomialNB"\ndata = { bundled = "iris" }\n'
            'quality = { metric = "accuracy", tolerance = 0.1 }\n',
        )


#: The examples of the reference, each a workload file.
REFERENCE = (Path(__file__).parents[2] / "docs" / "workload-files.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```toml\n(.*?)^```", REFERENCE, re.DOTALL | re.MULTILINE)


@pytest.fixture
def files(tmp_path):
    """Write the data files that the examples name."""
    rows = [f"{n / 7},{n % 5},{'red' if n % 3 else 'blue'},2024-01-{n % 28 + 1:02},{n % 9},{n % 2}" for n in range(90)]
    head = "length,width,colour,day,patient,label"
    (tmp_path / "my.csv").write_text("\n".join([head, *rows, ""]))
    (tmp_path / "train.svm").write_text("".join(f"{n % 2} {n % 7 + 1}:1 8:{n}\n" for n in range(90)))
    (tmp_path / "test.svm").write_text("".join(f"{n % 2} {n % 7 + 1}:1 8:{n}\n" for n in range(30)))
    return tmp_path


def test_the_reference_has_examples():
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("example", EXAMPLES, ids=range(len(EXAMPLES)))
def test_examples_of_the_reference_are_understood_and_their_files_read(example, files):
    for workload in read(files, example):
        spec = workload.data[Size.S]
        if spec.source == "file":
            made = prepare(spec, dtype="float64", order="C", seed=0, cache=files / "cache")
            assert made.n_samples >= 60


def test_the_reference_names_every_key():
    for key in [*KEYS, *(name for name in source_of("file").arguments if name not in SET_BY_WORKLOAD)]:
        assert f"`{key}`" in REFERENCE, key
