import subprocess
import sys
from inspect import signature

import pytest

from backends._pipelines import COMPOSED
from backends.algorithms import ALGORITHMS, FUNCTIONS
from suite.cli.selection import TIMEOUT_S
from suite.datasets import source_of, sources
from suite.datasets.providers.synthetic import Synthetic
from suite.quality.metrics import METRICS
from suite.workloads import catalogue, everything
from suite.workloads.entry import Operation, Size
from suite.workloads.science import workflow_of
from suite.workloads.science.workflow import Workflow
from suite.workloads.suites import find_suite

EVERY_ALGORITHM = {**ALGORITHMS, **FUNCTIONS, **COMPOSED}
ALGORITHM_NAMES = {workload.algorithm for workload in catalogue()} - set(COMPOSED)
#: Those that are measured on real data too.
ON_REAL_DATA = {
    "LogisticRegression", "SVC", "KNeighborsClassifier", "RandomForestClassifier",
    "LinearRegression", "Ridge", "Lasso", "RandomForestRegressor", "KNeighborsRegressor",
    "KMeans", "DBSCAN", "PCA", "HistGradientBoostingClassifier", "HistGradientBoostingRegressor",
}  # fmt: skip
#: What users ask for by name.
ASKED_FOR = ON_REAL_DATA | {
    "LinearSVC", "NuSVC", "ExtraTreesClassifier", "GaussianNB", "MultinomialNB", "LinearDiscriminantAnalysis",
    "DummyClassifier", "ElasticNet", "SVR", "NuSVR", "LinearSVR", "KernelRidge", "ExtraTreesRegressor",
    "PoissonRegressor", "GaussianProcessRegressor", "MiniBatchKMeans", "HDBSCAN", "AgglomerativeClustering",
    "SpectralClustering", "GaussianMixture", "IncrementalPCA", "TruncatedSVD", "TSNE", "UMAP", "NearestNeighbors",
    "EmpiricalCovariance", "LedoitWolf", "StandardScaler", "PolynomialFeatures", "OneHotEncoder", "TargetEncoder",
    "KernelDensity", "LocalOutlierFactor", "IsolationForest", "Pipeline", "GridSearchCV", "train_test_split",
}  # fmt: skip
WORKFLOWS = [workload for workload in catalogue() if workload.workflow]
SYNTHETIC = [workload for workload in catalogue() if "-" not in workload.name]
REAL = [workload for workload in catalogue() if "-" in workload.name and not workload.workflow]


def test_what_users_ask_for_is_there_and_the_usual_on_real_data_too():
    assert {workload.algorithm for workload in catalogue()} >= ASKED_FOR
    assert {workload.algorithm for workload in REAL} >= ON_REAL_DATA


def test_every_bundled_data_set_is_used_and_gives_its_name_to_the_workload():
    used = {workload.name.split("-")[1]: workload.data[Size.S].source for workload in REAL}
    assert set(used) == {"digits", "breast_cancer", "diabetes", "wine", "iris"}
    assert all(name == source for name, source in used.items())


def test_names_are_unique():
    names = [workload.name for workload in catalogue()]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("workload", catalogue(), ids=lambda workload: workload.name)
def test_an_entry_is_complete_and_fits_together(workload):
    algorithm = EVERY_ALGORITHM[workload.algorithm]
    metric = METRICS[workload.quality.metric]
    assert workload.task == algorithm.task
    assert workload.output == ("" if workload.workflow else algorithm.output)
    assert workload.task in metric.tasks
    assert workload.quality.direction == metric.direction
    assert workload.quality.tolerance > 0
    assert workload.quality.origin
    assert workload.about.endswith(".")
    assert workload.workflow or bool(workload.why) == bool(workload.params)
    assert not workload.why or workload.why.endswith(".")
    assert workload.stochastic or not any("$seed" in params.values() for _, params in workload.parts)
    assert set(workload.fit_s) == set(workload.data)
    for spec in workload.data.values():
        source_of(spec.source).resolve(spec)
        assert not workload.output or spec.n_test or not source_of(spec.source).sized


@pytest.mark.parametrize("workload", WORKFLOWS, ids=lambda workload: workload.name)
def test_a_workflow_is_there_and_judged_by_what_it_returns(workload):
    assert isinstance(workflow_of(workload.workflow), Workflow)
    assert workload.operation is Operation.WORKFLOW
    assert all(name in EVERY_ALGORITHM for name, _ in workload.parts)
    assert workload.name.partition("-")[2]


def test_all_science_workloads_are_there_and_the_suite_has_them():
    patterns = find_suite("science").entries[0].workload
    assert {workload.name.partition("-")[0] for workload in WORKFLOWS} == {name.removesuffix("-*") for name in patterns}


@pytest.mark.parametrize("size", Size)
def test_no_entry_is_ruled_out_by_the_limit_of_its_size(size):
    slow = {work.name: work.fit_s[size] for work in everything() if work.fit_s.get(size, 0) >= TIMEOUT_S[size]}
    assert slow == {}


@pytest.mark.parametrize("workload", SYNTHETIC, ids=lambda workload: workload.name)
def test_sizes_grow(workload):
    assert list(workload.data) == list(Size)
    rows = [spec.n_train for spec in workload.data.values()]
    seconds = list(workload.fit_s.values())
    assert rows == sorted(rows)
    assert rows[0] * 80 <= rows[-1]
    assert seconds == sorted(seconds)
    assert seconds[0] < 0.5
    assert 1 <= seconds[1] <= 5


def test_generated_data_are_of_every_kind():
    specs = [spec for workload in SYNTHETIC for spec in workload.data.values()]
    assert {source.name for source in sources() if isinstance(source, Synthetic)} == {spec.source for spec in specs}
    shapes = {(spec.n_features > spec.n_train) - (spec.n_features < spec.n_train) for spec in specs}
    assert shapes == {-1, 0, 1}  # tall, square and wide
    sparse = {source_of(spec.source).entries_a_row(spec, source_of(spec.source).resolve(spec)) for spec in specs}
    assert None in sparse
    assert len(sparse) > 1
    assert any(spec.args.get("stretch") and spec.args.get("background") for spec in specs)


@pytest.mark.parametrize("algorithm", sorted(ALGORITHM_NAMES))
def test_parameters_are_those_of_the_estimator(algorithm):
    module = __import__(EVERY_ALGORITHM[algorithm].module, fromlist=[algorithm])
    known = signature(getattr(module, algorithm)).parameters
    for workload in catalogue():
        if workload.algorithm == algorithm:
            assert set(workload.params) <= set(known)


def test_the_catalogue_and_the_sources_import_only_the_standard_library():
    code = (
        "import sys\n"
        "before = set(sys.modules)\n"
        "from suite.workloads import catalogue\n"
        "from suite.datasets import sources, cache_dir\n"
        "catalogue(); sources()\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(sorted(new - set(sys.stdlib_module_names) - {'suite', 'backends'}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
