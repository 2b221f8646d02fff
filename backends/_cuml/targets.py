"""What cuML has for each of the suite's algorithms, what it lacks and why, and how it likes its arrays."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from backends._cuml.supervised import SUPERVISED
from backends._cuml.unsupervised import UNSUPERVISED
from backends._parameters import Target

TARGETS: Mapping[str, Target] = MappingProxyType({**SUPERVISED, **UNSUPERVISED})

#: Estimators that turn whatever they get into float32: a problem in float64 would not be the same work.
FLOAT32_ONLY = frozenset(
    {
        "AgglomerativeClustering",
        "HDBSCAN",
        "KNeighborsClassifier",
        "KNeighborsRegressor",
        "NearestNeighbors",
        "SpectralClustering",
        "SpectralEmbedding",
        "TSNE",
        "UMAP",
    }
)

#: The order in which an estimator reads a matrix: in another one it would make a copy in every call. Those that are
#: not here take either. Forests read rows in predict only, isolation forests columns in fit and rows in predict.
ORDERS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            (
                "ElasticNet",
                "IncrementalPCA",
                "IsolationForest",
                "Lasso",
                "LinearRegression",
                "LinearSVC",
                "LinearSVR",
                "PCA",
                "Ridge",
                "SVC",
                "SVR",
                "TSNE",
                "TruncatedSVD",
            ),
            "F",
        ),
        **dict.fromkeys(
            (
                "AgglomerativeClustering",
                "DBSCAN",
                "HDBSCAN",
                "KMeans",
                "KNeighborsClassifier",
                "KNeighborsRegressor",
                "NearestNeighbors",
                "RandomForestClassifier",
                "RandomForestRegressor",
                "SpectralClustering",
                "SpectralEmbedding",
                "UMAP",
            ),
            "C",
        ),
    }
)

_SGD = "cuML's stochastic gradient descent goes by mini-batches and takes other steps"
_GAUSSIAN_PROCESS = "cuML has no Gaussian processes"
_BOOSTING = "cuML does not boost: see the backends of XGBoost, LightGBM and CatBoost"
_NEURAL = "cuML has no neural networks"
_DUMMY = "cuML has no estimators that do not look at the features"
_NU = "cuML has C-SVC and epsilon-SVR only, not the forms in nu"
_LINEAR = "cuML has no {} among its linear models"
_CLUSTERING = "cuML has no {} among its clusterers"
_DECOMPOSITION = "cuML has no {} among its decompositions"

#: algorithm -> why cuML 26.10 does not offer it.
LACKS: Mapping[str, str] = MappingProxyType(
    {
        "RidgeClassifier": _LINEAR.format("ridge classifier"),
        "SGDClassifier": _SGD,
        "SGDRegressor": _SGD,
        "Perceptron": _SGD,
        "LinearDiscriminantAnalysis": "cuML has no discriminant analysis",
        "QuadraticDiscriminantAnalysis": "cuML has no discriminant analysis",
        "NuSVC": _NU,
        "NuSVR": _NU,
        "GaussianProcessClassifier": _GAUSSIAN_PROCESS,
        "GaussianProcessRegressor": _GAUSSIAN_PROCESS,
        "DecisionTreeClassifier": "cuML grows forests, not single trees",
        "DecisionTreeRegressor": "cuML grows forests, not single trees",
        "ExtraTreesClassifier": "cuML's forests have no random splits",
        "ExtraTreesRegressor": "cuML's forests have no random splits",
        "GradientBoostingClassifier": _BOOSTING,
        "GradientBoostingRegressor": _BOOSTING,
        "HistGradientBoostingClassifier": _BOOSTING,
        "HistGradientBoostingRegressor": _BOOSTING,
        "AdaBoostClassifier": _BOOSTING,
        "MLPClassifier": _NEURAL,
        "MLPRegressor": _NEURAL,
        "DummyClassifier": _DUMMY,
        "DummyRegressor": _DUMMY,
        "BayesianRidge": _LINEAR.format("Bayesian ridge"),
        "HuberRegressor": _LINEAR.format("Huber loss"),
        "PoissonRegressor": _LINEAR.format("Poisson loss"),
        "MiniBatchKMeans": "cuML's k-means goes through all rows at every step",
        "BisectingKMeans": _CLUSTERING.format("bisecting k-means"),
        "OPTICS": _CLUSTERING.format("OPTICS"),
        "MeanShift": _CLUSTERING.format("mean shift"),
        "Birch": _CLUSTERING.format("BIRCH"),
        "GaussianMixture": _CLUSTERING.format("Gaussian mixture"),
        "LocalOutlierFactor": "cuML finds neighbours, but computes no local outlier factor",
        "KernelPCA": _DECOMPOSITION.format("kernel PCA"),
        "FactorAnalysis": _DECOMPOSITION.format("factor analysis"),
        "FastICA": _DECOMPOSITION.format("ICA"),
        "NMF": _DECOMPOSITION.format("non-negative factorisation"),
        "Isomap": "cuML has t-SNE, UMAP and spectral embeddings only",
        "LocallyLinearEmbedding": "cuML has t-SNE, UMAP and spectral embeddings only",
        "Nystroem": "cuML approximates no kernels",
    }
)
