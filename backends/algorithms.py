"""The algorithms that can be benchmarked, in scikit-learn's vocabulary: one row each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backends.protocol import Algorithm

# class name, module under `sklearn`, the method that is timed after fit (empty where the class has none)
_CLASSIFIERS = (
    ("LogisticRegression", "linear_model", "predict"),
    ("RidgeClassifier", "linear_model", "predict"),
    ("SGDClassifier", "linear_model", "predict"),
    ("Perceptron", "linear_model", "predict"),
    ("LinearDiscriminantAnalysis", "discriminant_analysis", "predict"),
    ("QuadraticDiscriminantAnalysis", "discriminant_analysis", "predict"),
    ("GaussianNB", "naive_bayes", "predict"),
    ("BernoulliNB", "naive_bayes", "predict"),
    ("MultinomialNB", "naive_bayes", "predict"),
    ("SVC", "svm", "predict"),
    ("NuSVC", "svm", "predict"),
    ("LinearSVC", "svm", "predict"),
    ("KNeighborsClassifier", "neighbors", "predict"),
    ("GaussianProcessClassifier", "gaussian_process", "predict"),
    ("DecisionTreeClassifier", "tree", "predict"),
    ("RandomForestClassifier", "ensemble", "predict"),
    ("ExtraTreesClassifier", "ensemble", "predict"),
    ("GradientBoostingClassifier", "ensemble", "predict"),
    ("HistGradientBoostingClassifier", "ensemble", "predict"),
    ("AdaBoostClassifier", "ensemble", "predict"),
    ("MLPClassifier", "neural_network", "predict"),
    ("DummyClassifier", "dummy", "predict"),
)
_REGRESSORS = (
    ("LinearRegression", "linear_model", "predict"),
    ("Ridge", "linear_model", "predict"),
    ("Lasso", "linear_model", "predict"),
    ("ElasticNet", "linear_model", "predict"),
    ("BayesianRidge", "linear_model", "predict"),
    ("HuberRegressor", "linear_model", "predict"),
    ("PoissonRegressor", "linear_model", "predict"),
    ("SGDRegressor", "linear_model", "predict"),
    ("KernelRidge", "kernel_ridge", "predict"),
    ("SVR", "svm", "predict"),
    ("NuSVR", "svm", "predict"),
    ("LinearSVR", "svm", "predict"),
    ("KNeighborsRegressor", "neighbors", "predict"),
    ("GaussianProcessRegressor", "gaussian_process", "predict"),
    ("DecisionTreeRegressor", "tree", "predict"),
    ("RandomForestRegressor", "ensemble", "predict"),
    ("ExtraTreesRegressor", "ensemble", "predict"),
    ("GradientBoostingRegressor", "ensemble", "predict"),
    ("HistGradientBoostingRegressor", "ensemble", "predict"),
    ("MLPRegressor", "neural_network", "predict"),
    ("DummyRegressor", "dummy", "predict"),
)
_CLUSTERERS = (
    ("KMeans", "cluster", "predict"),
    ("MiniBatchKMeans", "cluster", "predict"),
    ("BisectingKMeans", "cluster", "predict"),
    ("DBSCAN", "cluster", ""),
    ("HDBSCAN", "cluster", ""),
    ("OPTICS", "cluster", ""),
    ("MeanShift", "cluster", "predict"),
    ("Birch", "cluster", "predict"),
    ("AgglomerativeClustering", "cluster", ""),
    ("SpectralClustering", "cluster", ""),
    ("GaussianMixture", "mixture", "predict"),
)
_TRANSFORMERS = (
    ("PCA", "decomposition", "transform"),
    ("IncrementalPCA", "decomposition", "transform"),
    ("KernelPCA", "decomposition", "transform"),
    ("TruncatedSVD", "decomposition", "transform"),
    ("FactorAnalysis", "decomposition", "transform"),
    ("FastICA", "decomposition", "transform"),
    ("NMF", "decomposition", "transform"),
    ("TSNE", "manifold", ""),
    ("Isomap", "manifold", "transform"),
    ("SpectralEmbedding", "manifold", ""),
    ("LocallyLinearEmbedding", "manifold", "transform"),
    ("GaussianRandomProjection", "random_projection", "transform"),
    ("Nystroem", "kernel_approximation", "transform"),
    ("UMAP", "umap", ""),
)
_SEARCHES = (("NearestNeighbors", "neighbors", "kneighbors"),)
_DETECTORS = (
    ("IsolationForest", "ensemble", "score_samples"),
    ("LocalOutlierFactor", "neighbors", ""),
)
_DENSITIES = (
    ("KernelDensity", "neighbors", "score_samples"),
    ("EmpiricalCovariance", "covariance", ""),
    ("LedoitWolf", "covariance", ""),
)
_PREPROCESSORS = (
    ("StandardScaler", "preprocessing", "transform"),
    ("MinMaxScaler", "preprocessing", "transform"),
    ("MaxAbsScaler", "preprocessing", "transform"),
    ("PolynomialFeatures", "preprocessing", "transform"),
    ("OneHotEncoder", "preprocessing", "transform"),
    ("TargetEncoder", "preprocessing", "transform"),
)
_TASKS = {
    "classification": _CLASSIFIERS,
    "regression": _REGRESSORS,
    "clustering": _CLUSTERERS,
    "embedding": _TRANSFORMERS,
    "neighbors": _SEARCHES,
    "outliers": _DETECTORS,
    "density": _DENSITIES,
    "preprocessing": _PREPROCESSORS,
}

#: Functions that are measured as what an estimator's `fit` does (`backends._functions`); not among `ALGORITHMS`, which
#: are classes: name -> where it is.
FUNCTIONS: Mapping[str, Algorithm] = MappingProxyType(
    {"train_test_split": Algorithm("train_test_split", "sklearn.model_selection", "preprocessing", "")}
)

#: Algorithms whose stock implementation is another package's, with scikit-learn's interface: name -> its module.
ELSEWHERE: Mapping[str, str] = MappingProxyType({"UMAP": "umap"})

#: Class name -> the algorithm.
ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        name: Algorithm(name, ELSEWHERE.get(name, f"sklearn.{module}"), task, output)
        for task, rows in _TASKS.items()
        for name, module, output in rows
    }
)
