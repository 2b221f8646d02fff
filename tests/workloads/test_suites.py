"""Suites: the ones that come with the program, a user's own, and what the command line leaves of them."""

from dataclasses import replace

import pytest

from suite.datasets import source_of
from suite.errors import UsageError
from suite.workloads import catalogue, everything
from suite.workloads.choice import Choice
from suite.workloads.entry import DataSpec, Direction, Ladder, Quality, Size, Task, Workload
from suite.workloads.growth import GROWTH
from suite.workloads.ladders import LADDERS, ladder_of, stepped
from suite.workloads.reshape import expected_fit_s, interpolated, reshaped, size_of
from suite.workloads.suite_file import load_suite
from suite.workloads.suites import Narrowing, about, choose, find_suite, names


def suite_of(folder, text):
    path = folder / "mine.toml"
    path.write_text(text)
    return load_suite(path)


def chosen(suite, **narrowing):
    return choose(suite, everything(), Narrowing(**narrowing))


def ids(suite, **narrowing):
    return [choice.id for choice in chosen(suite, **narrowing)[0]]


def workload(name="blobs", sizes=None, **changes):
    shapes = sizes or {Size.S: (1_000, 100, 4), Size.M: (100_000, 1_000, 4)}
    facts = {
        "name": name,
        "algorithm": "KMeans",
        "task": Task.CLUSTERING,
        "about": "",
        "data": {
            size: DataSpec(source="blobs", n_train=n, n_test=m, n_features=p, args={"n_clusters": n // 100})
            for size, (n, m, p) in shapes.items()
        },
        "quality": Quality(metric="inertia", direction=Direction.LOWER, tolerance=0.01, origin="test"),
    }
    return Workload(**(facts | changes))


@pytest.mark.parametrize("name", names())
def test_the_suites_that_come_with_the_program_can_be_made(name):
    suite = find_suite(name)
    choices, _ = chosen(suite)
    assert choices
    for choice in choices:
        source = source_of(choice.data.source)
        source.shape(choice.data, source.resolve(choice.data))
    assert suite.about == about()[name]


def test_the_quick_suite_is_small_and_leaves_dtype_and_order_to_the_command_line():
    quick = find_suite("quick")
    assert {choice.size for choice in chosen(quick)[0]} == {Size.S}
    assert "kmeans/S/float32/F" in ids(quick, dtypes=("float32",), order="F")


def test_the_scaling_suite_is_a_grid_of_one_algorithm_that_can_be_chosen():
    scaling = find_suite("scaling")
    usual, _ = chosen(scaling)
    assert {choice.workload.name for choice in usual} == {"kmeans"}
    assert len({choice.data.n_train for choice in usual}) > 3
    assert len({choice.data.n_features for choice in usual}) > 1
    other, notes = chosen(scaling, workloads=("logistic_regression",))
    assert {choice.workload.name for choice in other} == {"logistic_regression"}
    assert notes == [
        "logistic_regression is left out at 1,000 × 8, 4,000 × 8, 16,000 × 8 and so on: "
        "n_informative (20) + n_redundant (10) exceeds n_features (8)"
    ]


def test_published_figures_stand_at_their_shapes_with_their_source():
    choices, _ = chosen(find_suite("published-cuml"))
    by_id = {choice.id: choice for choice in choices}
    regression = by_id["published-linear-regression/5000000x128/float32/C"]
    assert (regression.published.speedup, regression.published.of) == (10.2, "training")
    assert "RTX PRO 6000" in regression.published.source
    assert by_id["published-random-forest-regressor/244140x1024/float32/C"].published.at_least
    assert by_id["published-pca-256/1000000x1024/float32/C"].published.speedup < 1
    maps = [by_id[f"{name}/50000x64/float32/C"].published for name in ("published-tsne", "umap")]
    assert [(one.speedup, one.of) for one in maps] == [(48.9, "training"), (53.0, "training")]
    density = by_id["published-kernel-density/32000x128/float32/C"]
    assert (density.data.n_test, density.published.speedup, density.published.of) == (32_000, 12969, "inference")
    assert by_id["published-standard-scaler/5000000x128/float32/C"].published.of == "total"
    assert all(choice.published for choice in choices)


def test_entries_take_what_they_do_not_state_from_the_suite_and_the_command_line(tmp_path):
    suite = suite_of(
        tmp_path,
        """
        about = "a test"
        dtype = "float32"
        [[entry]]
        workload = ["kmeans*", "pca"]
        except = "*-digits"
        size = ["M", "S"]
        [[entry]]
        workload = "ridge"
        dtype = ["float64", "float32"]
        order = "F"
        """,
    )
    assert suite.name == "mine"
    assert [one for one in ids(suite) if not one.startswith("kmeans_")] == [
        "kmeans/S/float32/C",
        "pca/S/float32/C",
        "ridge/S/float64/F",
        "ridge/S/float32/F",
        "kmeans/M/float32/C",
        "pca/M/float32/C",
    ]
    assert ids(suite, workloads=("ridge",), dtypes=("float64",)) == ["ridge/S/float64/F"]
    assert ids(suite, tasks=("embedding",), sizes=(Size.M,)) == ["pca/M/float32/C"]
    with pytest.raises(UsageError, match=r"nothing is left of the suite mine: it has dtype float32 or float64"):
        ids(suite, workloads=("pca",), dtypes=("float64",))
    with pytest.raises(UsageError, match=r"the suite mine has no workload 'lasso'"):
        ids(suite, workloads=("lasso",))


def test_a_suite_has_workloads_of_its_own_in_shapes_of_their_own(tmp_path):
    suite = suite_of(
        tmp_path,
        """
        about = "a test"
        source = "a paper"
        [[entry]]
        workload = "mine"
        shapes = [
            { n_train = 2_000, n_features = 16, published = { speedup = 3, of = "inference", at_least = true } },
            { n_features = 12 },
        ]
        [[workload]]
        name = "mine"
        algorithm = "Ridge"
        data = { generator = "regression", n_train = 1_000, n_test = 50, n_features = 20 }
        quality = { metric = "r2", tolerance = 0.01 }
        """,
    )
    first, second = chosen(suite)[0]
    assert (first.id, second.id) == ("mine/2000x16/float64/C", "mine/1000x12/float64/C")
    assert (first.data.n_train, first.data.n_test, first.data.n_features) == (2_000, 50, 16)
    assert (first.published.speedup, first.published.of, first.published.source) == (3.0, "inference", "a paper")
    assert first.published.at_least
    assert second.published is None


HEAD = 'about = "a test"\n[[entry]]\n'
WRONG = {
    "not TOML": ("about =", "mine.toml: not valid TOML"),
    "no about": ('[[entry]]\nworkload = "pca"', "mine.toml:1: about is missing"),
    "no entry": ('about = "a"', "mine.toml:1: a suite needs tables headed [[entry]]"),
    "unknown key": (
        HEAD + 'workload = "pca"\nsizes = "S"',
        "mine.toml:4: an entry has no key 'sizes'; did you mean 'size'?",
    ),
    "unknown size": (HEAD + 'workload = "pca"\nsize = "XS"', "mine.toml:4: no size 'XS'"),
    "unknown dtype of the suite": (
        'dtype = "float16"\n' + HEAD + 'workload = "pca"',
        "mine.toml:1: no dtype 'float16'",
    ),
    "two orders": (HEAD + 'workload = "pca"\norder = ["C", "F"]', "mine.toml:4: order is C or F"),
    "no workload": (HEAD + 'size = "S"', "mine.toml:2: an entry needs workload"),
    "not a text": (HEAD + "workload = 3", "mine.toml:3: workload must be a text or an array of texts, not 3"),
    "rows": (HEAD + 'workload = "pca"\nrows = [100, 0]', "mine.toml:4: rows must be an integer of at least 1"),
    "both": (
        HEAD + 'workload = "pca"\nrows = 100\nshapes = [{ n_train = 5 }]',
        "mine.toml:5: an entry has shapes, or rows and features, but not both",
    ),
    "shape": (
        HEAD + 'workload = "pca"\nshapes = [\n  { n_train = 50 },\n  { n_rows = 5 }]',
        "mine.toml:6: a shape has no key 'n_rows'",
    ),
    "operation": (
        HEAD + 'workload = "pca"\nshapes = [{ published = { speedup = 2, of = "trainig" } }]',
        "mine.toml:4: no operation 'trainig'; did you mean 'training'?",
    ),
    "speed-up": (
        HEAD + 'workload = "pca"\nshapes = [{ published = { speedup = 0, of = "total" } }]',
        "mine.toml:4: speedup must be above 0",
    ),
    "duration": ('budget = "soon"\n' + HEAD + 'workload = "pca"', "mine.toml:1: budget: not a duration: 'soon'"),
    "wrong workload": (
        HEAD + 'workload = "mine"\n[[workload]]\nname = "mine"\nalgorithm = "Rigde"',
        "mine.toml:6: no algorithm 'Rigde'; did you mean 'Ridge'?",
    ),
}


@pytest.mark.parametrize(("text", "message"), WRONG.values(), ids=WRONG.keys())
def test_what_is_not_understood_is_one_line_with_its_place(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        suite_of(tmp_path, text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


UNFIT = {
    "unknown workload": ('workload = "kmeens"', "mine.toml:2: no workload matches 'kmeens'; did you mean 'kmeans'?"),
    "unknown exception": ('workload = "kmeans*"\nexcept = "pac"', "no workload matches 'pac'; did you mean 'pca'?"),
    "impossible shape": (
        'workload = "logistic_regression"\nshapes = [{ n_features = 8 }]',
        "mine.toml:2: logistic_regression: n_informative (20) + n_redundant (10) exceeds n_features (8)",
    ),
    "data with a shape of its own": (
        'workload = "kmeans-digits"\nshapes = [{ n_train = 100 }]',
        "mine.toml:2: kmeans-digits: its data have rows and features of their own",
    ),
}


@pytest.mark.parametrize(("text", "message"), UNFIT.values(), ids=UNFIT.keys())
def test_what_the_catalogue_has_not_is_one_line_with_its_place(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        chosen(suite_of(tmp_path, HEAD + text))
    assert message in str(caught.value)


def test_a_suite_that_does_not_exist_is_an_error_with_the_nearest_name(tmp_path):
    with pytest.raises(UsageError, match=r"no suite 'quik'; did you mean 'quick'\?; a file of your own ends in \.toml"):
        find_suite("quik")
    with pytest.raises(UsageError, match=r"cannot read the suite .*none\.toml: No such file"):
        find_suite(str(tmp_path / "none.toml"))


def test_a_shape_between_two_sizes_has_a_time_and_arguments_between_theirs():
    given = workload(fit_s={Size.S: 0.01, Size.M: 1.0})
    other, size = reshaped(given, 10_000, None, 4)
    spec = other.data[size]
    assert (spec.n_train, spec.n_features, spec.args) == (10_000, 4, {"n_clusters": 100})
    assert other.fit_s[size] == pytest.approx(0.1)
    assert spec.n_test in (100, 1_000)


def test_a_single_size_says_nothing_of_how_large_another_shape_is():
    given = workload(sizes={Size.S: (1_000, 100, 4)})
    assert reshaped(given, 2_000, 10, 8)[1] is Size.S
    assert reshaped(given, 10_000_000, 10, 100)[1] is Size.XL
    assert size_of(DataSpec(source="blobs", n_train=100_000, n_features=100)) is Size.M


#: Algorithm, rows and features of a first shape and another, and how much longer it takes there.
GROWN = [
    ("KMeans", (1_000, 10), (8_000, 20), 16),
    ("HDBSCAN", (1_000, 32), (8_000, 256), 64 * 8),
    ("SVC", (1_000, 32), (4_000, 32), 16),
    ("KernelRidge", (1_000, 4), (2_000, 8), 8),
    ("Ridge", (10_000, 100), (10_000, 200), 4),
    ("Ridge", (100, 10_000), (200, 10_000), 4),
    ("PCA", (10_000, 1_000), (20_000, 2_000), 8),
    ("TSNE", (1_000, 8), (1_000, 512), 1),
]


@pytest.mark.parametrize(("algorithm", "first", "other", "factor"), GROWN)
def test_one_known_time_grows_with_the_shape_as_the_algorithm_does(algorithm, first, other, factor):
    given = workload(algorithm=algorithm, sizes={Size.S: (first[0], 100, first[1])}, fit_s={Size.S: 2.0})
    there, size = reshaped(given, other[0], None, other[1])
    assert there.fit_s[size] == pytest.approx(2.0 * factor)


def test_a_search_takes_time_by_the_rows_that_are_held_out():
    given = workload(algorithm="NearestNeighbors", sizes={Size.S: (1_000, 100, 4)}, fit_s={Size.S: 2.0})
    there, size = reshaped(given, 1_000, 500, None)
    assert there.fit_s[size] == pytest.approx(10.0)


def test_known_times_are_interpolated_along_the_rows_and_grow_by_the_features():
    given = workload(algorithm="HDBSCAN", fit_s={Size.S: 0.1, Size.M: 100.0})  # 1,000 and 100,000 rows of 4
    there, size = reshaped(given, 10_000, None, 40)
    assert there.fit_s[size] == pytest.approx(10 * 10**0.5)


def test_a_workload_that_states_no_time_takes_the_one_of_the_catalogues_at_its_shape():
    unstated = replace(named("hdbscan"), name="mine", fit_s={})
    for size in Size:
        assert expected_fit_s(unstated, size) == pytest.approx(named("hdbscan").fit_s[size])
    # A stock fit of 8,000 x 256 took 75 s; by rows x features alone it would be 3 s.
    wide, size = reshaped(replace(unstated, data={Size.S: unstated.data[Size.S]}), 8_000, 0, 256)
    assert 75 / 3 < expected_fit_s(wide, size) < 75 * 3
    digits, unread = DataSpec(source="digits"), DataSpec(source="file", args={"path": "no.csv", "target": "y"})
    small, unknown = (expected_fit_s(replace(unstated, data={Size.S: data}), Size.S) for data in (digits, unread))
    assert 0.01 < small < 10  # 1,797 x 64
    assert unknown is None
    all_held_out = replace(unstated, data={Size.S: replace(digits, n_test=2_000)})
    assert expected_fit_s(all_held_out, Size.S) is None
    in_pipeline = replace(named("pca_svc-digits"), data=named("svc").data, fit_s={})
    assert expected_fit_s(in_pipeline, Size.M) == pytest.approx(named("svc").fit_s[Size.M])


def test_every_algorithm_with_a_growth_of_its_own_is_known():
    from backends.algorithms import ALGORITHMS

    assert set(GROWTH) <= set(ALGORITHMS)


def test_interpolation_is_straight_on_logarithmic_axes_and_goes_on_beyond():
    assert interpolated({10: 1.0, 1000: 100.0}, 100) == pytest.approx(10)
    assert interpolated({10: 1.0, 1000: 10_000.0}, 10_000) == pytest.approx(1e6)
    assert interpolated({10: 2.0}, 40) == pytest.approx(8)
    assert interpolated({}, 40) == 0


def test_a_ladder_ends_with_the_workload_as_it_is():
    assert ladder_of(workload(params={"max_iter": 5})).values == (1, 2, 3, 5)
    assert ladder_of(workload(params={"max_iter": 1})) is None
    assert ladder_of(workload(algorithm="SVC", params={"tol": 0.1})).values == (1.0, 0.5, 0.2, 0.1)
    assert ladder_of(workload(algorithm="PCA")) is None


def test_iterative_embeddings_have_ladders():
    ladders = {work.name: ladder_of(work) for work in catalogue() if work.task is Task.EMBEDDING and not work.workflow}
    steps = {name: (ladder.parameter, ladder.values) for name, ladder in ladders.items() if ladder}
    assert steps.pop("umap") == ("n_epochs", (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200))
    assert steps.pop("pca_randomized") == ("iterated_power", (0, 1, 2))
    assert steps.pop("truncated_svd") == ("n_iter", (0, 1, 2, 3, 4, 5))  # TruncatedSVD(n_iter=5)
    assert set(steps) == {"tsne"}  # the others have no iterations


def test_what_a_workload_leaves_open_ends_its_ladder_at_the_default():
    assert ladder_of(workload()).values[-1] == 300  # KMeans(max_iter=300)


def test_a_workload_may_have_a_ladder_of_its_own():
    own = Ladder(parameter="tol", values=(0.1, 0.01))
    assert ladder_of(workload(params={"tol": 1e-4}, ladder=own)).values == (0.1, 0.01, 1e-4)


def test_every_algorithm_with_a_ladder_is_one_of_the_suites():
    from backends.algorithms import ALGORITHMS

    assert set(LADDERS) <= set(ALGORITHMS)


def test_each_step_is_a_workload_with_one_parameter_set():
    given = Choice(workload=workload(params={"max_iter": 3, "tol": 0.0}), size=Size.S, dtype="float32", order="C")
    steps, without = stepped(
        [given, Choice(workload=workload("pca", algorithm="PCA"), size=Size.S, dtype="float32", order="C")]
    )
    assert [step.id for step in steps] == [f"blobs[max_iter={n}]/S/float32/C" for n in (1, 2, 3)]
    assert [step.workload.params for step in steps] == [{"max_iter": n, "tol": 0.0} for n in (1, 2, 3)]
    assert [(step.step.index, step.step.of, step.step.workload) for step in steps] == [
        (n, 3, "blobs") for n in range(3)
    ]
    assert without == {"pca": "cannot be stopped early"}


def named(name):
    return next(one for one in everything() if one.name == name)


def test_a_pipeline_has_the_ladder_of_its_last_step_and_a_search_that_of_what_is_searched():
    pipeline, search = named("scale_pca_logistic"), named("search_scale_svc")
    assert ladder_of(pipeline).parameter == "max_iter"
    assert ladder_of(pipeline).values[-2:] == (500, 1000)
    assert ladder_of(search).values[-2:] == (0.002, 0.001)
    steps, without = stepped(
        Choice(workload=one, size=Size.S, dtype="float32", order="C") for one in (pipeline, search)
    )
    first = steps[0].workload
    assert (first.name, without) == ("scale_pca_logistic[max_iter=1]", {})
    assert first.params["steps"][:2] == pipeline.params["steps"][:2]
    assert first.params["steps"][2] == {"algorithm": "LogisticRegression", "params": {"tol": 1e-5, "max_iter": 1}}
    assert steps[-1].workload.params == search.params
    within = steps[-2].workload.params["estimator"]["params"]["steps"]
    assert within[1]["params"] == {"tol": 0.002, "cache_size": 1000.0}


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (named("ridge"), "cannot be stopped early"),
        (workload(params={"max_iter": 1}), "is at its coarsest step already"),
        (named("disruption-logistic"), "is a workflow, timed whole"),
        (named("logistic_regression@latency"), "uses a model that is made once"),
        (
            replace(named("search_svc"), params={**named("search_svc").params, "param_grid": {"svc__tol": [0.1]}}),
            "searches over what would be set step by step",
        ),
    ],
    ids=lambda given: getattr(given, "name", ""),
)
def test_a_workload_without_a_ladder_has_the_true_reason(given, reason):
    steps, without = stepped([Choice(workload=given, size=Size.S, dtype="float32", order="C")])
    assert (steps, without) == ([], {given.name: reason})
